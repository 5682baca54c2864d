# Each target does its own set-up. On a fresh Debian with Rust: `make test`.

CARGO ?= cargo
FUZZ_SECONDS ?= 60
TARGET = $(abspath $(or $(CARGO_TARGET_DIR),target))
RELEASE = $(TARGET)/release
# What is measured and packed: Cargo.toml says how it differs.
DIST = $(TARGET)/dist
# Builds the program that does nothing but answer, and says where it lies.
COUNT = $(CARGO) bench --package byteranges --bench count --profile dist --locked --no-run 2>&1 | sed -n 's/.*Executable .*(\(.*\))/\1/p'
FUZZ_TARGETS = specifier preconditions_decide entity_tag_list http_date target accept_encoding multipart content_range journal recording file_name digest_list digest_field link metalink netrc cookies fast_path

.PHONY: help run test check quick lint doc setup e2e deny fuzz docs bench bench-client bench-setup bench-test bench-instructions bench-micro clients soak field simulate

help: ## Lists the targets.
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | sort

run: ## Serves the demo: open the page it names and seek.
	$(CARGO) run --release -- serve --demo

test: setup check simulate bench-test e2e ## Installs what the tests need and runs them all.

check: lint doc quick ## Everything that needs no packages: formatting, lints, docs, tests.

quick: ## The quick inner loop, the same as a bare `cargo test`.
	$(CARGO) test

simulate: ## A hundred thousand seeds of the download machine, under two minutes on two cores.
	$(CARGO) test --release --package byteranges --test simulation --locked -- --ignored --nocapture

lint: ## Formatting and lints.
	$(CARGO) fmt --all --check
	$(CARGO) clippy --workspace --all-targets --locked -- -D warnings

doc: ## The API documentation, warnings being errors.
	RUSTDOCFLAGS="-D warnings" $(CARGO) doc --workspace --no-deps --locked

setup: ## Installs browsers, clients and tools that `e2e` drives (Debian, as root or with sudo).
	./e2e/setup.sh

e2e: ## Real clients and real browsers against the release binary.
	$(CARGO) build --release --locked --bin swath
	SWATH_BIN=$(RELEASE)/swath $(CARGO) test --package swath-e2e --locked -- --test-threads=1

docs: ## Rewrites the parts of docs/ that tests produce: the browsers' transcripts, the inspector's pictures, the settings and the answers.
	SWATH_WRITE_DOCS=1 $(CARGO) test --package swath reference
	SWATH_WRITE_DOCS=1 $(CARGO) test --package swath-spec --test documents
	$(CARGO) build --release --locked --bin swath
	SWATH_BIN=$(RELEASE)/swath SWATH_WRITE_TRANSCRIPTS=1 $(CARGO) test --package swath-e2e --test browsers -- --test-threads=1
	SWATH_BIN=$(RELEASE)/swath SWATH_WRITE_SCREENSHOTS=1 $(CARGO) test --package swath-e2e --test inspect chromium

bench: bench-setup bench-test ## Measures swath beside nginx, Apache, lighttpd, H2O, Caddy and static-web-server (half an hour; ARGS=--quick: minutes).
	$(CARGO) build --profile dist --locked --bin swath
	python3 benches/instructions.py --swath $(DIST)/swath --answer "$$($(COUNT))" --report
	python3 benches/run.py --swath $(DIST)/swath $(ARGS)

bench-instructions: bench-setup ## Counts the instructions of hot requests, and says what grew by more than 10 % (ARGS=--accept: take them as they are).
	$(CARGO) build --profile dist --locked --bin swath
	python3 benches/instructions.py --swath $(DIST)/swath --answer "$$($(COUNT))" $(ARGS)

bench-client: bench-setup ## Measures swath get beside curl, wget, aria2, axel, hf_transfer and takanawa (twenty minutes; ARGS=--quick: one).
	$(CARGO) build --profile dist --locked --bin swath
	$(CARGO) build --profile dist --locked --package swath-fetch --example unjournaled
	python3 benches/clients.py --swath $(DIST)/swath --unjournaled $(DIST)/examples/unjournaled $(ARGS)

soak: setup ## A thousand ends by kill -9, and five hundred failures of the power, each followed by a resume (ten minutes).
	$(CARGO) build --release --locked --bin swath
	SWATH_BIN=$(RELEASE)/swath SWATH_KILLS=1000 SWATH_FAILURES=500 $(CARGO) test --package swath-e2e --locked --test get -- --nocapture at_any_moment power

bench-setup: ## Installs the servers and load programs of `bench` (Debian, as root or with sudo).
	./benches/setup.sh

bench-test: ## Tests the benchmark itself: a server that answers wrongly must get no figures.
	python3 benches/test_bench.py

field: ## Audits other people's servers and rewrites docs/field.md (Debian, network; builds them first).
	./field/run.sh

clients: setup ## Puts swath, curl, wget, wget2, aria2, axel and lftp before an origin that misbehaves and rewrites docs/clients.md (ten minutes).
	$(CARGO) build --release --locked --bin swath
	$(CARGO) run --release --locked --package swath-trial --bin clients -- --swath $(RELEASE)/swath --output docs/clients.md $(ARGS)

bench-micro: ## Measures decide, compose and both renderings.
	$(CARGO) bench --package byteranges

deny: ## Checks licences, sources and bans of all dependencies.
	@command -v cargo-deny >/dev/null || $(CARGO) install --locked cargo-deny
	$(CARGO) deny check licenses bans sources

fuzz: ## Runs every fuzz target for FUZZ_SECONDS (installs cargo-fuzz).
	@command -v cargo-fuzz >/dev/null || $(CARGO) install --locked cargo-fuzz
	@for target in $(FUZZ_TARGETS); do \
		mkdir -p fuzz/work/$$target && \
		RUSTC_BOOTSTRAP=1 $(CARGO) fuzz run -a --sanitizer none $$target fuzz/work/$$target fuzz/corpus/$$target \
			-- -max_total_time=$(FUZZ_SECONDS) -max_len=512 || exit 1; \
	done
