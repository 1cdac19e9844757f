#!/usr/bin/env bash
# Builds the oracle with the audit policy code of one Kubernetes release, outside the repository.
#   build.sh 0.36.6 /tmp/oracle     makes /tmp/oracle/oracle-0.36.6
set -euo pipefail
version=$1
mkdir -p "$2/src-$version"
out=$(cd "$2" && pwd)
cp "$(dirname "$0")/main.go" "$out/src-$version/"
cd "$out/src-$version"
[ -f go.mod ] || go mod init audit-policy-oracle
go get "k8s.io/apiserver@v$version"
go mod tidy
go build -o "$out/oracle-$version" .
