# Build, test and install twilio-webhooks. `make help` lists the targets.
# The variables a builder may want to set: LUA (lua5.4, lua5.3, lua5.1, luajit),
# CC, CFLAGS, LDFLAGS, LUA_CFLAGS, CURL_CFLAGS, CURL_LIBS, WERROR=1, SANITIZE=1,
# V=1 (show the commands), PREFIX, DESTDIR.

LUA_VERSION ?= 5.4
LUA ?= lua$(LUA_VERSION)
VARIANTS := lua5.4 lua5.3 lua5.1 luajit
BUILD ?= build
OUT := $(BUILD)/$(notdir $(LUA))$(if $(SANITIZE),-sanitize)$(if $(COVERAGE),-coverage)$(if $(OLD_LIBCURL),-old-libcurl)
MODULE := $(OUT)/twilio/webhooks/core.so
LOG := build/log

SOURCES := $(wildcard csrc/*.c csrc/*/*.c)
HEADERS := $(wildcard csrc/*.h csrc/*/*.h)
OBJECTS := $(SOURCES:csrc/%.c=$(OUT)/obj/%.o)
LUA_FILES := $(shell find lua -name '*.lua' 2>/dev/null)
SCRIPTS := $(shell grep -slE '^\#! ?/bin/sh' tools/* tools/*/* .ci/* spec/*/* examples/*)

# --- what to compile with ---------------------------------------------------

# The first name that pkg-config knows: Debian's, then the others' spellings.
lua_digits := $(patsubst lua%,%,$(notdir $(LUA)))
lua_packages := $(notdir $(LUA)) lua-$(lua_digits) lua$(subst .,,$(lua_digits))
pkg_config = $(shell for p in $(2); do pkg-config $(1) $$p 2>/dev/null && break; done)

LUA_CFLAGS ?= $(or $(call pkg_config,--cflags,$(lua_packages)),$(addprefix -I,$(wildcard \
  /usr/include/$(notdir $(LUA)) $(if $(findstring luajit,$(LUA)),/usr/include/luajit-2.1))))
CURL_CFLAGS ?= $(call pkg_config,--cflags,libcurl)
CURL_LIBS ?= $(or $(call pkg_config,--libs,libcurl),-lcurl)

# Other people's headers are not ours to warn about.
SYSTEM_CFLAGS = $(patsubst -I%,-isystem %,$(LUA_CFLAGS) $(CURL_CFLAGS))
WARNINGS := -Wall -Wextra -Wpedantic -Wshadow -Wconversion $(if $(WERROR),-Werror)
ifneq ($(SANITIZE),)
SANITIZERS := -fsanitize=address,undefined,float-cast-overflow -fno-omit-frame-pointer -fno-sanitize-recover=undefined
endif
ifneq ($(COVERAGE),)
COVERING := --coverage -O0
endif
ifneq ($(OLD_LIBCURL),)
MASK := -Itools/portability/libcurl-7.61.1
endif
CFLAGS ?= -O2 -g
MODULE_CFLAGS = -std=c99 -Icsrc -fPIC -fvisibility=hidden $(WARNINGS) $(SANITIZERS) \
  $(MASK) $(SYSTEM_CFLAGS) $(CPPFLAGS) $(CFLAGS) $(COVERING)

ifeq ($(shell uname -s),Darwin)
SHARED := -bundle -undefined dynamic_lookup
else
# nodelete: closing a Lua state must not unload libcurl, which is initialised once
# and for all and may have a resolver thread still at work.
SHARED := -shared -Wl,-z,nodelete
endif

# --- building ---------------------------------------------------------------

# These goals prepare the machine first and then build through a make of their
# own: run them one after the other, and leave -j to that inner make.
composite := setup demo sandbox check test torture lint portability bench bench-openresty coverage fuzz
ifneq ($(filter $(composite) setup-%,$(MAKECMDGOALS)),)
.NOTPARALLEL:
endif

INNER = +@$(MAKE) --no-print-directory
# Runs that wait as much as they work go two at a time, unless somebody says otherwise.
TWO := $(if $(findstring -j,$(MAKEFLAGS)),,-j2)
quiet = $(if $(V),,@printf '  %-4s %s\n' $(1) $(2);)
quoted = '$(subst ','\'',$(1))'

.PHONY: build
build: $(MODULE) ## build the C module for one Lua (the default; LUA=luajit for another)

.PHONY: variants
variants: $(VARIANTS:%=variant-%) ## build it for Lua 5.4, 5.3, 5.1 and LuaJIT

.PHONY: $(VARIANTS:%=variant-%)
$(VARIANTS:%=variant-%): variant-%:
	$(INNER) LUA=$* build

$(MODULE): $(OBJECTS) $(OUT)/obj/flags
	@mkdir -p $(@D)
	$(call quiet,LINK,$@)$(CC) $(SHARED) $(SANITIZERS) $(COVERING) $(LDFLAGS) -o $@ $(OBJECTS) $(CURL_LIBS)

$(OUT)/obj/%.o: csrc/%.c $(OUT)/obj/flags
	@mkdir -p $(@D)
	$(call quiet,CC,$@)$(CC) $(MODULE_CFLAGS) -MMD -MP -c -o $@ $<

.PHONY: objects
objects: $(OBJECTS)

# Holds the commands and the list of files; newer than the objects only when one of them changed.
$(OUT)/obj/flags: FORCE
	@mkdir -p $(@D)
	@printf '%s\n' $(call quoted,$(CC) $(MODULE_CFLAGS) $(SHARED) $(SANITIZERS) $(LDFLAGS) $(CURL_LIBS) $(SOURCES)) >$@.new.$$$$; \
	if cmp -s $@.new.$$$$ $@; then rm $@.new.$$$$; else mv $@.new.$$$$ $@; fi

.PHONY: FORCE
FORCE:

-include $(OBJECTS:.o=.d)

# --- using ------------------------------------------------------------------

.PHONY: setup setup-run setup-test setup-lint setup-portability setup-bench
setup: ## install what building and the demo need (Debian, Ubuntu), or name it
	@LUA='$(LUA)' tools/setup run

setup-run setup-test setup-lint setup-portability setup-bench: setup-%:
	@LUA='$(LUA)' tools/setup $*

.PHONY: demo
demo: setup-run ## create a webhook in a sandbox on this machine and show it
	$(INNER) build
	@tools/env $(OUT) $(LUA) examples/create_webhook.lua
	@echo "The same by hand, and with --api in your account: tools/env $(OUT) $(LUA) examples/create_webhook.lua"

.PHONY: sandbox
sandbox: setup-run ## run the API sandbox in the foreground (SANDBOX_ARGS=--port 8390)
	$(INNER) build
	@printf 'With these lines $(LUA) in another shell finds the module as it was built here:\n\n' >&2; tools/env $(OUT) >&2
	@exec tools/env $(OUT) $(SANDBOX_LUA) lua/twilio/webhooks/sandbox/server.lua $(SANDBOX_ARGS)
SANDBOX_ARGS ?= --port 8390
SANDBOX_LUA ?= lua5.4

.PHONY: bench
bench: setup-bench ## measure what a call costs beside libcurl alone and other clients
	-$(INNER) -k variants
	@tools/env $(OUT) sh spec/bench/run

.PHONY: bench-openresty
bench-openresty: setup-bench ## measure nginx's other requests while 50 creates are in flight
	$(INNER) build
	@tools/env $(OUT) $(LUA) spec/bench/openresty.lua $(SECONDS)
SECONDS ?= 10

# --- testing ----------------------------------------------------------------

SPEC ?= spec

.PHONY: check
check: ## run SPEC=spec/… on LUA=…, straight to the terminal
	$(INNER) build
	@tools/env $(OUT) $(LUA) tools/busted.lua $(BUSTED_ARGS) $(SPEC)

# Every run leaves build/log/<run>.log and .result; the summary reads the latter.
# All is built beforehand, so that with -j two runs never build the same file.
STORM_RUNS := storm-lua5.4 storm-lua5.4-generational storm-lua5.1 storm-luajit
TEST_RUNS := compile-gcc compile-clang $(VARIANTS) old-libcurl sanitize valgrind checked $(STORM_RUNS) \
  torture-lua5.4 torture-lua5.1 torture-luajit torture-checked fuzz

.PHONY: test
test: setup-test ## run every spec on every Lua, under the sanitizers and under valgrind
	@mkdir -p $(LOG) && rm -f $(LOG)/test.total $(TEST_RUNS:%=$(LOG)/%.result)
	-$(INNER) $(TWO) -k variants
	-$(INNER) $(TWO) LUA=lua5.4 CC=gcc SANITIZE=1 build
	-$(INNER) $(TWO) LUA=lua5.4 OLD_LIBCURL=1 build
	-$(INNER) -k torture-hosts
	-$(INNER) $(TWO) LUA=lua5.4 fuzz-build
	-$(INNER) $(TWO) -k test-lua5.4 test-valgrind test-luajit test-lua5.3 test-lua5.1 test-sanitize test-checked \
	  run-fuzz test-old-libcurl $(STORM_RUNS:%=test-%) torture-lua5.4 torture-lua5.1 torture-luajit \
	  run-compile-gcc run-compile-clang STRIDE=41
	-$(INNER) torture-checked STRIDE=411
	@tools/summary test $(TEST_RUNS)

.PHONY: $(VARIANTS:%=test-%) test-old-libcurl test-sanitize test-valgrind
test-lua5.4: ## one run of `make test` alone (test-lua5.3, test-lua5.1, test-luajit)
$(VARIANTS:%=test-%): test-%:
	$(INNER) LUA=$* build
	@tools/specs $* $(SPEC)

# What crosses the wire, by the code that libcurl 7.61.1 would get.
WIRE_SPECS := $(wildcard $(addprefix spec/,$(addsuffix _spec.lua, \
  lua/call client lua/engine faults waiting/scheduler secrets waiting/task)))
test-old-libcurl: ## the run as it would be built for the oldest libcurl alone
	$(INNER) LUA=lua5.4 OLD_LIBCURL=1 build
	@tools/specs old-libcurl $(if $(filter-out spec,$(SPEC)),$(SPEC),$(WIRE_SPECS))

test-sanitize: ## the run under ASan, UBSan and LSan alone
	$(INNER) LUA=lua5.4 CC=gcc SANITIZE=1 build
	@tools/specs sanitize $(SPEC)

test-valgrind: ## the run under valgrind alone
	$(INNER) LUA=lua5.4 build
	@tools/specs valgrind $(SPEC)

COVERAGE_RUNS := coverage coverage-luajit torture-coverage coverage-report

.PHONY: coverage
coverage: setup-test ## which lines and branches of csrc/ and lua/ the specs run
	$(INNER) LUA=lua5.4 build
	$(INNER) LUA=lua5.4 CC=gcc COVERAGE=1 build torture-host
	$(INNER) LUA=luajit CC=gcc COVERAGE=1 build
	@mkdir -p $(LOG) && rm -f $(COVERAGE_RUNS:%=$(LOG)/%.result)
	-@tools/coverage/run $(if $(filter-out spec,$(SPEC)),$(SPEC))
	@tools/summary coverage $(COVERAGE_RUNS)

# The collector at work all the time, which is slow: the specs that hold most of C and most
# of the coroutines.
STORM_SPECS ?= $(wildcard spec/lua/call_spec.lua spec/client_spec.lua spec/waiting/scheduler_spec.lua spec/loops_spec.lua)

.PHONY: test-checked $(STORM_RUNS:%=test-%)
test-checked: ## the run under a Lua 5.4 with assertions alone
	$(INNER) LUA=lua5.4 build
	@mkdir -p $(LOG) && rm -f $(LOG)/checked.result
	@tools/checked-lua || { echo "0 $$(command -v dpkg-query >/dev/null && echo 1 0 || echo 0 1) \
	  this Lua cannot be had here: see tools/checked-lua" >$(LOG)/checked.result; exit 1; }
	@tools/specs checked $(SPEC)

$(STORM_RUNS:%=test-%): test-storm-%:
	$(INNER) LUA=$(patsubst %-generational,%,$*) build
	@tools/specs storm-$* $(STORM_SPECS)

.PHONY: soak
soak: setup-test ## a million requests (COUNT=) among faults, memory and descriptors watched
	$(INNER) build
	@tools/env $(OUT) $(LUA) spec/soak.lua $(COUNT)

.PHONY: chaos
chaos: setup-test ## 10,000 creates, then ensures, among 5 % faults: exactly one webhook for each
	$(INNER) build
	@tools/env $(OUT) $(LUA) spec/chaos.lua $(COUNT)

# Every warning an error, for every Lua; `make test` and `make lint` share the result.
.PHONY: run-compile-gcc run-compile-clang
run-compile-gcc run-compile-clang: run-compile-%:
	+@tools/check compile-$* $(MAKE) --no-print-directory CC=$* WERROR=1 BUILD=build/werror-$* variants

# --- fuzzing ----------------------------------------------------------------

# Each target is a program with all of csrc in it, for Lua 5.4. See spec/fuzz/README.md.
FUZZ_TARGETS ?= endpoint form head reply session
FUZZ := build/fuzz
FUZZ_OBJECTS := $(patsubst %.c,$(FUZZ)/obj/%.o,$(SOURCES) spec/fuzz/state.c spec/fuzz/loopback.c)
FUZZ_CC ?= clang
FUZZ_CFLAGS ?= -O1 -g
FUZZ_SANITIZERS := address,undefined,float-cast-overflow -fno-sanitize-recover=undefined -fno-omit-frame-pointer

.PHONY: fuzz
fuzz: setup-test ## fuzz each target for FUZZ_SECONDS=600 (FUZZ_TARGETS="form reply")
	$(INNER) LUA=lua5.4 fuzz-build
	@FUZZ_SECONDS='$(FUZZ_SECONDS)' tools/fuzz run $(FUZZ_TARGETS)

.PHONY: run-fuzz
run-fuzz:
	+@tools/check fuzz $(MAKE) --no-print-directory LUA=lua5.4 fuzz-test

.PHONY: fuzz-build fuzz-test
fuzz-build: $(FUZZ_TARGETS:%=$(FUZZ)/%)

fuzz-test: fuzz-build
	@tools/fuzz test $(FUZZ_TARGETS)

$(FUZZ_TARGETS:%=$(FUZZ)/%): $(FUZZ)/%: $(FUZZ)/obj/spec/fuzz/%.o $(FUZZ_OBJECTS)
	$(call quiet,LINK,$@)$(FUZZ_CC) -fsanitize=fuzzer,$(FUZZ_SANITIZERS) $(LDFLAGS) -o $@ $^ \
	  $(or $(call pkg_config,--libs,$(lua_packages)),-l$(notdir $(LUA))) $(CURL_LIBS)

$(FUZZ)/obj/%.o: %.c
	@mkdir -p $(@D)
	$(call quiet,CC,$@)$(FUZZ_CC) -std=c99 -Icsrc $(WARNINGS) -fsanitize=fuzzer-no-link,$(FUZZ_SANITIZERS) \
	  $(SYSTEM_CFLAGS) $(CPPFLAGS) $(FUZZ_CFLAGS) -MMD -MP -c -o $@ $<

-include $(wildcard $(FUZZ)/obj/csrc/*.d $(FUZZ)/obj/csrc/*/*.d $(FUZZ)/obj/spec/fuzz/*.d)

# --- torture ----------------------------------------------------------------

# The module's objects, with their calls of malloc and the like renamed, in a host whose
# memory fails on demand: see spec/torture/README.md. Lua comes as a library.
TORTURE := $(OUT)/torture
TORTURE_LIBS := $(call pkg_config,--libs,$(lua_packages))
TORTURE_SOURCES := $(wildcard spec/torture/*.c)
CHECKED := build/checked-lua
CHECKED_LIBS := -Wl,--whole-archive $(CHECKED)/hard/liblua.a -Wl,--no-whole-archive -Wl,-E -ldl

$(TORTURE)/module.o: $(OBJECTS)
	@mkdir -p $(@D)
	$(call quiet,LD,$@)$(LD) -r -o $@ $(OBJECTS) && objcopy $(addprefix --redefine-sym ,\
	  malloc=torture_malloc calloc=torture_calloc realloc=torture_realloc free=torture_free) $@

$(TORTURE)/host: $(TORTURE)/module.o $(TORTURE_SOURCES) $(wildcard spec/torture/*.h)
	$(call quiet,CC,$@)$(CC) $(filter-out -fPIC -fvisibility=hidden,$(MODULE_CFLAGS)) -o $@ $(TORTURE_SOURCES) $< \
	  -Wl,--no-as-needed $(TORTURE_LIBS) -Wl,--as-needed $(LDFLAGS) $(CURL_LIBS) -lpthread -lm

.PHONY: torture-host torture-hosts
torture-host: $(TORTURE)/host

torture-hosts:
	$(INNER) $(TWO) LUA=lua5.4 CC=gcc SANITIZE=1 torture-host
	$(INNER) $(TWO) LUA=lua5.1 CC=gcc SANITIZE=1 torture-host
	$(INNER) $(TWO) LUA=luajit CC=gcc SANITIZE=1 torture-host

# Those that libraries of Debian's are there for. In `make test` one in so many requests for
# memory fails, here each.
TORTURE_RUNS := torture-lua5.4 torture-lua5.1 torture-luajit torture-checked
STRIDE ?= 1

.PHONY: $(TORTURE_RUNS)
torture-lua5.4: ## one run of `make torture` alone (torture-lua5.1, torture-luajit; STRIDE=1)
torture-lua5.4 torture-lua5.1 torture-luajit: torture-%:
	$(INNER) LUA=$* CC=gcc SANITIZE=1 torture-host
	@tools/torture $@ build/$*-sanitize/torture/host $(STRIDE)

torture-checked: ## the same in a Lua 5.4 with assertions that collects at every chance
	@tools/checked-lua
	$(INNER) LUA=lua5.4 CC=gcc SANITIZE=1 TORTURE=build/lua5.4-sanitize/torture-checked \
	  TORTURE_LIBS="$(CHECKED_LIBS)" torture-host
	@tools/torture $@ build/lua5.4-sanitize/torture-checked/host $(STRIDE)

.PHONY: torture-syscalls
torture-syscalls: ## calls of the system's that fail, one after the other, by strace
	$(INNER) LUA=lua5.4 build
	@tools/check $@ tools/env build/lua5.4 lua5.4 spec/torture/syscalls.lua

.PHONY: torture
torture: setup-test ## memory and system calls that fail at every place (minutes)
	@mkdir -p $(LOG) && rm -f $(TORTURE_RUNS:%=$(LOG)/%.result) $(LOG)/torture-syscalls.result
	-$(INNER) -k torture-hosts
	-$(INNER) $(TWO) -k torture-lua5.4 torture-lua5.1 torture-luajit torture-syscalls
	-$(INNER) torture-checked STRIDE=47
	@tools/summary torture $(TORTURE_RUNS) torture-syscalls

# --- linting ----------------------------------------------------------------

LINT_RUNS := compile-gcc compile-clang luacheck cppcheck clang-tidy length rockspec scripts

.PHONY: lint
lint: setup-lint ## check style and correctness without running anything
	@mkdir -p $(LOG) && rm -f $(LOG)/lint.total $(LINT_RUNS:%=$(LOG)/%.result)
	-$(INNER) -k $(LINT_RUNS:%=run-%)
	@tools/summary lint $(LINT_RUNS)

.PHONY: run-luacheck run-cppcheck run-clang-tidy run-length run-rockspec run-scripts
run-luacheck:
	@tools/check luacheck luacheck --no-color .

# Not found: system headers (not ours to analyse), and so the versions have to be named:
# without them compat.h's #error would end the analysis of nearly every file. Each .c
# is analysed alone, hence no unusedFunction. One signature serves all pollers and all
# callbacks. Newer cppchecks say that they do not look at every branch.
run-cppcheck:
	@tools/check cppcheck cppcheck --quiet --std=c99 -Icsrc --error-exitcode=1 --inline-suppr \
	  --enable=warning,style,performance,portability \
	  --suppress=missingIncludeSystem --suppress=unmatchedSuppression \
	  -DLUA_VERSION_NUM=504 -DLIBCURL_VERSION_NUM=0x080000 --suppress=normalCheckLevelMaxBranches \
	  --suppress=constParameterCallback --suppress='constParameterPointer:csrc/net/poller_*.c' $(SOURCES)

# compat.h differs most between the newest Lua and LuaJIT, so both are read.
run-clang-tidy:
	+@tools/check clang-tidy $(MAKE) --no-print-directory tidy-lua5.4 tidy-luajit

.PHONY: tidy-lua5.4 tidy-luajit tidy
tidy-lua5.4 tidy-luajit: tidy-%:
	$(INNER) LUA=$* tidy

tidy: $(SOURCES:csrc/%.c=tidy-file-%)

.PHONY: $(SOURCES:csrc/%.c=tidy-file-%)
$(SOURCES:csrc/%.c=tidy-file-%): tidy-file-%:
	@clang-tidy --quiet csrc/$*.c -- -std=c99 -Icsrc $(SYSTEM_CFLAGS) $(CPPFLAGS)

run-length:
	@tools/check length tools/length 500 $(SOURCES) $(HEADERS) $(LUA_FILES) $(wildcard spec/fuzz/*.[ch])

run-rockspec:
	@tools/check rockspec luarocks --lua-version 5.4 lint twilio-webhooks-scm-1.rockspec

run-scripts:
	@tools/check scripts sh -c 'for f; do sh -n "$$f" || exit 1; done' sh $(SCRIPTS)

# --- portability ------------------------------------------------------------

PORTABILITY_RUNS := old-headers new-headers levels-gcc levels-clang link-time musl pollers lua5.2

.PHONY: portability
portability: setup-portability ## compile for other libcurls, optimizers, C libraries, pollers; Lua 5.2
	@mkdir -p $(LOG) && rm -f $(LOG)/portability.total $(PORTABILITY_RUNS:%=$(LOG)/%.result)
	-$(INNER) LUA=lua5.2 build
	-$(INNER) -k $(PORTABILITY_RUNS:%=run-%)
	@tools/summary portability $(PORTABILITY_RUNS)

compilations := $(filter-out lua5.2,$(PORTABILITY_RUNS))
.PHONY: $(compilations:%=run-%) run-lua5.2
$(compilations:%=run-%): run-%:
	+@MAKE='$(MAKE)' tools/check $* tools/portability/run $*

run-lua5.2:
	@if command -v lua5.2 >/dev/null; then tools/specs lua5.2 $(SPEC); \
	else tools/check lua5.2 sh -c 'echo "there is no lua5.2 here"; exit 77'; fi

# --- installing, and the rest -----------------------------------------------

PREFIX ?= /usr/local
abi = $$($(LUA) -e 'io.write((_VERSION:match("%d%.%d")))')

.PHONY: install
install: build ## install without LuaRocks (PREFIX=/usr/local LUA_VERSION=5.4)
	@abi="$(abi)"; share="$(DESTDIR)$(PREFIX)/share/lua/$$abi" lib="$(DESTDIR)$(PREFIX)/lib/lua/$$abi"; \
	(cd lua && find . -name '*.lua') | while read -r file; do \
	  mkdir -p "$$share/$${file%/*}" && install -m 644 "lua/$$file" "$$share/$$file" || exit 1; \
	done && \
	mkdir -p "$$lib/twilio/webhooks" && install -m 755 $(MODULE) "$$lib/twilio/webhooks/core.so" && \
	echo "installed in $$share and $$lib"

.PHONY: clean
clean: ## remove everything that was built, by LuaRocks in this tree too
	rm -rf build lua_modules .luarocks twilio *.rock
	find csrc lua examples -name '*.o' -exec rm -f {} + -o -name '*.so' -exec rm -f {} +

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z][a-z0-9.-]*:.*## / { printf "  make %-16s %s\n", $$1, $$2 }' Makefile
