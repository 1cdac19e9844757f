package main

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"time"
)

// go run test/verify/large-body.go URL CA-FILE TOKEN-FILE BYTES h1|h2 TRIES: what the HTTP client that an API server uses sees of the answer.
func main() {
	ca, _ := os.ReadFile(os.Args[2])
	token, _ := os.ReadFile(os.Args[3])
	size, _ := strconv.Atoi(os.Args[4])
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(ca)
	t := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}, ForceAttemptHTTP2: os.Args[5] == "h2"}
	if os.Args[5] == "h1" {
		t.TLSNextProto = map[string]func(string, *tls.Conn) http.RoundTripper{}
	}
	c := &http.Client{Transport: t, Timeout: 30 * time.Second}
	body := bytes.Repeat([]byte(" "), size)
	n := map[string]int{}
	tries, _ := strconv.Atoi(os.Args[6])
	for i := 0; i < tries; i++ {
		req, _ := http.NewRequest("POST", os.Args[1], bytes.NewReader(body))
		if len(os.Args) > 7 {
			req.ContentLength = -1
			req.Body = io.NopCloser(bytes.NewReader(body))
		}
		req.Header.Set("Authorization", "Bearer "+string(bytes.TrimSpace(token)))
		res, err := c.Do(req)
		if err != nil {
			n["error: "+err.Error()]++
			continue
		}
		text, err := io.ReadAll(res.Body)
		res.Body.Close()
		n[fmt.Sprintf("%s %s body %dB err %v: %.60s", res.Proto, res.Status, len(text), err, text)]++
	}
	for k, v := range n {
		fmt.Println(v, k)
	}
}
