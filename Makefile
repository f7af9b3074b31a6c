# `make help` lists what can be made. Go builds what changed by itself; only the
# page is left to make.

PKGS    ?= ./...
ARGS    ?=
VERSION ?= $(or $(shell git describe --tags --always --dirty 2>/dev/null),dev)

# A checkout that belongs to somebody else makes git refuse, and Go with it. The
# version stamp above does without.
export GOFLAGS := $(GOFLAGS) -buildvcs=false

GO_TEST = test/env/run env CGO_ENABLED=1 go test -race -shuffle=on -timeout 30m
# With some packages alone, the page is asked for by name.
PAGE_TEST = $(if $(filter ./...,$(PKGS)),npm --prefix web test --silent)
# Its own module, so that a tool never moves a version the program is built of.
TOOL    = go tool -modfile=tools/go.mod

.DEFAULT_GOAL := help
.PHONY: help build run test bench shots check cover clean toolchain page generated
.DELETE_ON_ERROR:

help: ## What can be made
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/\1|\2/p' $(MAKEFILE_LIST) | awk -F'|' '{ printf "  make %-8s %s\n", $$1, $$2 }'

build: toolchain page ## bin/aviso, one static binary with the page inside
	CGO_ENABLED=0 go build -trimpath -ldflags '-s -w -X main.version=$(VERSION)' -o bin/aviso ./cmd/aviso

run: build ## Aviso with everything made up, on this machine alone
	@exec bin/aviso serve --demo

test: toolchain page ## All tests, on both databases; PKGS=./email for some
	@$(PAGE_TEST)
	@$(GO_TEST) $(PKGS)

cover: toolchain page ## The same, and how much of the code they run
	@$(GO_TEST) -coverpkg=./... -coverprofile=coverage.out $(PKGS)
	@go tool cover -func=coverage.out | tail -n 1

bench: toolchain page ## Messages per second beside bare relays; ARGS=-help
	@test/env/run go run ./test/bench $(ARGS)

shots: toolchain page ## Pictures of the page, into docs/images
	AVISO_SHOTS=$(CURDIR)/docs/images go test -count=1 -run '^TestPage$$/sqlite/shots' ./test

check: toolchain page generated ## Format, vet, static analysis, architecture
	@files=$$(gofmt -l $$(find . -name node_modules -prune -o -name '*.go' -print)); \
		[ -z "$$files" ] || { echo "Not formatted; run gofmt -w on:"; echo "$$files"; exit 1; }
	go vet $(PKGS)
	$(TOOL) staticcheck $(PKGS)
	npm --prefix web run --silent check
	go test -run Arch ./test

clean: ## Removes what was made, never ./data
	rm -rf bin coverage.out web/dist web/node_modules

# What is generated has to be what the generators make now.
generated:
	@before=$$($(CHECKSUMS)); go generate $(PKGS); after=$$($(CHECKSUMS)); \
		[ "$$before" = "$$after" ] || { echo "Generated files were out of date; commit what go generate has made."; exit 1; }
CHECKSUMS = find . \( -name .git -o -name node_modules -o -name dist -o -name bin -o -name data \) -prune -o -type f -exec cksum {} + | sort -k 3

toolchain:
	@v=$$(go env GOVERSION 2>&1) || v="none ($$v)"; \
		case $$v in go1.2[6-9]*|go1.[3-9][0-9]*) ;; *) echo "Go 1.26 or newer is needed, found $$v; install it from go.dev/dl" >&2; exit 1;; esac
	@v=$$(node --version 2>/dev/null) || v=none; major=$${v#v}; \
		[ "$${major%%.*}" -ge 20 ] 2>/dev/null || { echo "Node.js 20 or newer is needed, found $$v; install it from nodejs.org" >&2; exit 1; }

# The page is built when one of its sources is newer than what it became.
ifneq ($(wildcard web/package.json),)
PAGE_SOURCES := $(shell find web -name node_modules -prune -o -name dist -prune -o -type f ! -name '*.go' -print) $(wildcard api/openapi.yaml)

page: web/dist/index.html

web/dist/index.html: web/node_modules/.package-lock.json $(PAGE_SOURCES)
	npm --prefix web run build
	@touch $@

web/node_modules/.package-lock.json: web/package-lock.json
	npm --prefix web ci --ignore-scripts --no-audit --no-fund
	@touch $@
endif
