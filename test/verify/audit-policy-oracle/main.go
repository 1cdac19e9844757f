// Answers (audit policy, requests) with the code of the API server itself. One JSON object a line on standard input:
// {"policy": "<text>", "requests": [<SubjectAccessReview spec>...]}; one a line on standard output:
// {"error": "..."} or {"decisions": [{"level", "omitStages", "omitManagedFields"}...]}.
package main

import (
	"bufio"
	"encoding/json"
	"io"
	"os"

	"k8s.io/apiserver/pkg/audit/policy"
	"k8s.io/apiserver/pkg/authentication/user"
	"k8s.io/apiserver/pkg/authorization/authorizer"
	"k8s.io/klog/v2"
)

type request struct {
	User               *string
	Groups             []string
	ResourceAttributes *struct {
		Namespace, Verb, Group, Version, Resource, Subresource, Name string
	}
	NonResourceAttributes *struct{ Path, Verb string }
}

type decision struct {
	Level             string   `json:"level"`
	OmitStages        []string `json:"omitStages"`
	OmitManagedFields bool     `json:"omitManagedFields"`
}

type answer struct {
	Error     string     `json:"error,omitempty"`
	Decisions []decision `json:"decisions,omitempty"`
}

func attributes(r request) authorizer.AttributesRecord {
	var a authorizer.AttributesRecord
	if r.User != nil {
		a.User = &user.DefaultInfo{Name: *r.User, Groups: r.Groups}
	}
	if s := r.ResourceAttributes; s != nil {
		a.ResourceRequest, a.Verb, a.Namespace, a.APIGroup, a.APIVersion = true, s.Verb, s.Namespace, s.Group, s.Version
		a.Resource, a.Subresource, a.Name = s.Resource, s.Subresource, s.Name
	} else if s := r.NonResourceAttributes; s != nil {
		a.Path, a.Verb = s.Path, s.Verb
	}
	return a
}

func judge(text string, requests []request) answer {
	loaded, err := policy.LoadPolicyFromBytes([]byte(text))
	if err != nil {
		return answer{Error: err.Error()}
	}
	evaluator := policy.NewPolicyRuleEvaluator(loaded)
	var out answer
	for _, r := range requests {
		c := evaluator.EvaluatePolicyRule(attributes(r))
		d := decision{Level: string(c.Level), OmitStages: []string{}, OmitManagedFields: c.OmitManagedFields}
		for _, stage := range c.OmitStages {
			d.OmitStages = append(d.OmitStages, string(stage))
		}
		out.Decisions = append(out.Decisions, d)
	}
	return out
}

func main() {
	klog.LogToStderr(false)
	klog.SetOutput(io.Discard)
	in := bufio.NewScanner(os.Stdin)
	in.Buffer(nil, 64<<20)
	out := json.NewEncoder(os.Stdout)
	for in.Scan() {
		var c struct {
			Policy   string
			Requests []request
		}
		if err := json.Unmarshal(in.Bytes(), &c); err != nil {
			panic(err)
		}
		if err := out.Encode(judge(c.Policy, c.Requests)); err != nil {
			panic(err)
		}
	}
}
