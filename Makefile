# The book and its library. `make` alone lists the targets; each installs what it lacks.
.DEFAULT_GOAL := help
.PHONY: help book serve api weave test portable notebooks jupyter bench bench-peers browser-test jupyter-test doctor clean

export PATH := $(CURDIR)/target/tools/bin:$(PATH)
export CARGO_TARGET_DIR := $(CURDIR)/target
# Homebrew keeps OpenBLAS apart from what the linker searches.
BREW_OPENBLAS := $(wildcard /opt/homebrew/opt/openblas /usr/local/opt/openblas)
ifneq ($(BREW_OPENBLAS),)
export PKG_CONFIG_PATH := $(firstword $(BREW_OPENBLAS))/lib/pkgconfig:$(PKG_CONFIG_PATH)
endif

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' Makefile | sed -E 's/^([a-z-]+):.*## /make \1\t/' | expand -t 20

book: weave api ## the book, in target/book
	@mdbook build 2>target/mdbook.log || { cat target/mdbook.log; exit 1; }
	@! grep -A 1 -E "HTML (end )?tag|Rendering failed|ERROR" target/mdbook.log || { echo "mdBook found damaged HTML"; exit 1; }
	@cargo run --quiet --locked -p weave -- index target/book
	@mkdir -p target/book/api
	@cp -R target/doc/. target/book/api/
	@cp -R book/theme/katex target/book/api/katex
	@cargo run --quiet --locked -p weave -- download target/book/notebooks
	@echo "The book is at file://$(CURDIR)/target/book/index.html"

serve: weave ## the book in a browser, rebuilt as you edit it
	@book/provision.sh serve
	mdbook serve --open

# The notebooks of chapters whose cells changed, run and written; the pages take their outputs from there.
weave:
	@book/provision.sh lapack mdbook
	book/blas.sh run cargo run --quiet --locked -p weave -- run

# The library's documentation, with its mathematics.
api:
	@RUSTDOCFLAGS="-D warnings --html-in-header $(CURDIR)/book/rustdoc-header.html" cargo doc --quiet --locked --no-deps -p downhill

test: ## every equation, every chapter, every promise of the library
	@book/provision.sh lapack
	@mkdir -p target
	@{ book/blas.sh run cargo test --locked --no-fail-fast; echo $$? >target/tests.status; } 2>&1 | tee target/tests.log
	@awk -f tests/summary.awk target/tests.log; exit $$(cat target/tests.status)

portable: ## all tests as other processors would run them: each kernel of OpenBLAS, one thread and two
	@book/provision.sh lapack
	@tests/portable.sh

notebooks: ## every notebook in the evcxr kernel, against its committed outputs
	@book/provision.sh lapack kernel python
	JUPYTER_PATH=$(CURDIR)/target/jupyter target/python/bin/python notebooks/run.py

jupyter: ## JupyterLab on the notebooks, with the Rust kernel
	@book/provision.sh lapack kernel jupyter
	@target/python/bin/jupyter trust notebooks/*.ipynb >/dev/null
	JUPYTER_PATH=$(CURDIR)/target/jupyter target/python/bin/jupyter lab --notebook-dir notebooks

bench: ## the inner loops, timed by criterion
	@book/provision.sh lapack
	book/blas.sh run cargo bench --locked -p downhill

bench-peers: ## the same work here and in what a reader would use instead; writes book/speed.json
	@book/provision.sh lapack peers
	target/python/bin/python benches/peers/run.py

browser-test: book ## every page in Chromium: light, dark, narrow
	@book/provision.sh browser
	NODE_PATH=$(CURDIR)/target/browser/node_modules node tests/browser/pages.cjs target/book

jupyter-test: ## three notebooks in JupyterLab, in Chromium: opened, run, changed
	@book/provision.sh lapack kernel jupyter browser
	NODE_PATH=$(CURDIR)/target/browser/node_modules node tests/browser/jupyter.cjs

doctor: ## what is here, what is missing, which versions
	@book/provision.sh doctor

clean: ## forgets what was built
	cargo clean
