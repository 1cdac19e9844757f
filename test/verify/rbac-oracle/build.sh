#!/usr/bin/env bash
# Builds the oracle with the RBAC code of one Kubernetes release, outside the repository.
#   build.sh 1.36.3 /tmp/oracle     makes /tmp/oracle/rbac-oracle-1.36.3
set -euo pipefail
version=$1
mkdir -p "$2/src-$version"
out=$(cd "$2" && pwd)
cp "$(dirname "$0")/main.go" "$out/src-$version/"
cd "$out/src-$version"
[ -f go.mod ] || go mod init rbac-oracle
# The modules that are developed in the tree of Kubernetes are published with the same minor and patch numbers.
gomod=$(go mod download -json "k8s.io/kubernetes@v$version" | sed -n 's/.*"GoMod": "\(.*\)".*/\1/p')
sed -n 's/^[[:space:]]*\(k8s.io\/[a-z-]*\) v0\.0\.0$/\1/p' "$gomod" | sort -u |
  while read -r module; do go mod edit -replace "$module=$module@v0.${version#1.}"; done
go mod edit -require "k8s.io/kubernetes@v$version"
go mod tidy
go build -o "$out/rbac-oracle-$version" .
