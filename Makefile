# Build, test and install twilio-webhooks. `make help` lists the targets.
#
# Variables: LUA (lua5.5, lua5.4, lua5.3, lua5.2, lua5.1, luajit), CC, CFLAGS, LDFLAGS,
# LUA_CFLAGS, CURL_CFLAGS, CURL_LIBS, CRYPTO_CFLAGS, CRYPTO_LIBS, WERROR=1, SANITIZE=1, V=1 (show the commands),
# PREFIX, LIBDIR, DESTDIR. Which Lua, flags and specs the tests run with is in tools/runs.

LUA_VERSION ?= 5.4
LUA ?= lua$(LUA_VERSION)
VARIANTS := lua5.4 lua5.3 lua5.1 luajit
BUILD ?= build
OUT := $(BUILD)/$(notdir $(LUA))$(if $(SANITIZE),-sanitize)$(if $(COVERAGE),-coverage)$(if $(OLD_LIBCURL),-old-libcurl)
MODULE := $(OUT)/twilio/webhooks/core.so
SOURCES := $(filter-out csrc/signature.c csrc/system/%,$(wildcard csrc/*.c csrc/*/*.c))
OBJECTS := $(SOURCES:csrc/%.c=$(OUT)/obj/%.o)
# A module of its own, so that the core links only libcurl.
SIGNATURE := $(OUT)/twilio/webhooks/signature.so
# The same, of files and the process, for bulk/ and the command line.
SYSTEM := $(OUT)/twilio/webhooks/system.so
SYSTEM_OBJECTS := $(patsubst csrc/%.c,$(OUT)/obj/%.o,$(wildcard csrc/system/*.c))
MODULES := $(MODULE) $(SIGNATURE) $(SYSTEM)

# The first name that pkg-config knows: Debian's, then the others' spellings.
digits := $(patsubst lua%,%,$(notdir $(LUA)))
pkg_config = $(shell for p in $(2); do pkg-config $(1) $$p 2>/dev/null && break; done)
lua_config = $(call pkg_config,$(1),$(notdir $(LUA)) lua-$(digits) lua$(subst .,,$(digits)))
LUA_CFLAGS ?= $(or $(call lua_config,--cflags),$(addprefix -I,$(wildcard \
  $(dir $(LUA))include /usr/include/$(LUA) $(if $(findstring luajit,$(LUA)),/usr/include/luajit-2.1))))
CURL_CFLAGS ?= $(call pkg_config,--cflags,libcurl)
CURL_LIBS ?= $(or $(call pkg_config,--libs,libcurl),-lcurl)
CRYPTO_CFLAGS ?= $(call pkg_config,--cflags,libcrypto)
CRYPTO_LIBS ?= $(or $(call pkg_config,--libs,libcrypto),-lcrypto)

# Other people's headers are not ours to warn about. nodelete: closing a Lua state must not
# unload libcurl, which is initialised once and for all and may have a thread at work.
WARNINGS := -Wall -Wextra -Wpedantic -Wshadow -Wconversion $(if $(WERROR),-Werror)
CHECKS := address,undefined,float-cast-overflow -fno-sanitize-recover=undefined -fno-omit-frame-pointer
INCLUDES = -Icsrc $(if $(OLD_LIBCURL),-Itools/portability/libcurl-7.61.1) \
  $(patsubst -I%,-isystem %,$(LUA_CFLAGS) $(CURL_CFLAGS) $(CRYPTO_CFLAGS))
SPECIAL := $(if $(SANITIZE),-fsanitize=$(CHECKS)) $(if $(COVERAGE),--coverage)
CFLAGS ?= -O2 -g
ALL_CFLAGS = -std=c99 $(WARNINGS) $(SPECIAL) $(INCLUDES) $(CPPFLAGS) $(CFLAGS) $(if $(COVERAGE),-O0)
SHARED := $(if $(filter Darwin,$(shell uname -s)),-bundle -undefined dynamic_lookup,-shared -Wl,-z,nodelete)

quiet = $(if $(V),,@printf '  %-4s %s\n' $(1) $(2);)
quoted = '$(subst ','\'',$(1))'
MAKE_HERE = +@$(MAKE) --no-print-directory

.PHONY: build variants $(VARIANTS:%=variant-%) FORCE objects out flags setup demo sandbox bench bench-openresty bench-signatures check \
  test verify lint torture coverage portability fuzz soak chaos day crash flood million checked-lua lua5.5 install uninstall clean help

# --- building -----------------------------------------------------------------

build: $(MODULES) ## build the C module for one Lua (the default; LUA=luajit for another)

variants: $(VARIANTS:%=variant-%) ## build it for Lua 5.4, 5.3, 5.1 and LuaJIT

$(VARIANTS:%=variant-%): variant-%:
	$(MAKE_HERE) LUA=$* build

$(MODULE): $(OBJECTS)
$(MODULE): LIBS = $(CURL_LIBS)
$(SIGNATURE): $(OUT)/obj/signature.o $(OUT)/obj/urlencoded.o
$(SIGNATURE): LIBS = $(CRYPTO_LIBS)
$(SYSTEM): $(SYSTEM_OBJECTS)
$(MODULES): $(OUT)/obj/flags
	@mkdir -p $(@D)
	$(call quiet,LINK,$@)$(CC) $(SHARED) $(SPECIAL) $(LDFLAGS) -o $@ $(filter %.o,$^) $(LIBS)

$(OUT)/obj/%.o: csrc/%.c $(OUT)/obj/flags
	@mkdir -p $(@D)
	$(call quiet,CC,$@)$(CC) -fPIC -fvisibility=hidden $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

# Holds the commands and the list of files; newer than the objects only when one of them changed.
$(OUT)/obj/flags: FORCE
	@mkdir -p $(@D)
	@printf '%s\n' $(call quoted,$(CC) $(ALL_CFLAGS) $(SHARED) $(LDFLAGS) $(CURL_LIBS) $(CRYPTO_LIBS) $(SOURCES)) >$@.new.$$$$; \
	if cmp -s $@.new.$$$$ $@; then rm $@.new.$$$$; else mv $@.new.$$$$ $@; fi

-include $(OBJECTS:.o=.d) $(SYSTEM_OBJECTS:.o=.d) $(OUT)/obj/signature.d

FORCE:
objects: $(OBJECTS)
out: # where the module is built
	@echo $(OUT)
flags: # to read the sources with
	@echo $(call quoted,-std=c99 $(INCLUDES) $(CPPFLAGS))

# --- using --------------------------------------------------------------------

SANDBOX_ARGS ?= --port 8390
SANDBOX_LUA ?= lua5.4
SECONDS ?= 10

# Most of these prepare the machine, and then build by a make of their own: two at a time
# would be in each other's way. -j is for the inner make.
ifneq ($(word 2,$(MAKECMDGOALS)),)
.NOTPARALLEL:
endif
setup: setup-run ## install what building and the demo need (Debian, Ubuntu), or name it

setup-%: FORCE
	@LUA='$(LUA)' tools/setup $*

demo: setup-run ## create a webhook in a sandbox on this machine and show it
	$(MAKE_HERE) build
	@tools/env $(OUT) $(LUA) examples/create_webhook.lua
	@echo "The same by hand, and with --api in your account: tools/env $(OUT) $(LUA) examples/create_webhook.lua"

sandbox: setup-run ## run the API sandbox in the foreground (SANDBOX_ARGS=--port 8390)
	$(MAKE_HERE) build
	@printf 'With these lines $(LUA) in another shell finds the module as it was built here:\n\n' >&2; tools/env $(OUT) >&2
	@exec tools/env $(OUT) $(SANDBOX_LUA) lua/twilio/webhooks/sandbox/server.lua $(SANDBOX_ARGS)

bench: setup-bench ## measure what a call costs beside other clients, into spec/bench/README.md (10 minutes)
	-$(MAKE_HERE) -k variants
	@tools/env $(OUT) lua5.4 spec/bench/run.lua

bench-openresty: setup-bench ## measure nginx's other requests while 50 creates are in flight, and the guard
	$(MAKE_HERE) build
	@tools/env $(OUT) $(LUA) spec/bench/openresty.lua $(SECONDS)
	@tools/env $(OUT) $(LUA) spec/bench/guard.lua $(SECONDS)

bench-signatures: setup-bench ## verify random requests (COUNT=100000) beside openssl and the vendor's client
	$(MAKE_HERE) build
	@tools/env $(OUT) $(LUA) spec/bench/signatures.lua $(or $(COUNT),100000)

# --- testing ------------------------------------------------------------------

SPEC ?= spec
RUN = +@MAKE='$(MAKE)' tools/run

check: ## run SPEC=spec/... on LUA=..., straight to the terminal
	$(MAKE_HERE) build
	@tools/env $(OUT) $(LUA) tools/busted.lua $(BUSTED_ARGS) $(SPEC)

test: setup-test ## run the specs on every Lua here, and under ASan and UBSan (4 minutes, 400 MB of packages)
	@echo 'The specs on every Lua that is here, and under ASan and UBSan: some 4 minutes on 2 cores.'
	$(RUN) test $(filter-out spec,$(SPEC))

test-%: FORCE ## one row of tools/runs alone: test-sanitize, test-valgrind, test-luajit
	$(RUN) $* $(filter-out spec,$(SPEC))

verify: setup-verify ## all else: valgrind, storms, torture, fuzz, coverage, portability, lint (half an hour)
	$(RUN) lint verify torture coverage portability packages

lint: setup-lint ## check style and correctness without running anything; name long files
torture: setup-verify ## memory (each STRIDE=3rd request) and system calls that fail
portability: setup-verify ## compile for other libcurls, optimizers, C libraries, pollers
lint torture portability:
	$(if $(filter lint,$@),@tools/length)
	$(RUN) $@

coverage: setup-verify ## which lines and branches of csrc/ and lua/ the specs run
	$(RUN) coverage; status=$$?; tail -n 3 build/coverage/report; exit $$status

fuzz: setup-verify ## fuzz each target for FUZZ_SECONDS=600 (FUZZ_TARGETS="form reply")
	$(MAKE_HERE) LUA=lua5.4 fuzz-build
	@FUZZ_SECONDS='$(FUZZ_SECONDS)' tools/fuzz run $(FUZZ_TARGETS)

soak: setup-test ## a million requests (COUNT=) among faults, memory and descriptors watched
chaos: setup-test ## 10,000 creates, then ensures, among 5 % faults: exactly one webhook for each
day: setup-test ## 200,000 calls (COUNT=) by three clients of an API that has a bad day
soak chaos day:
	$(MAKE_HERE) build
	@tools/env $(OUT) $(LUA) spec/$@.lua $(COUNT)

crash: setup-test ## kill an apply of 200 rows at every write, sync, send and receive; cut its journal (an hour)
	$(MAKE_HERE) build
	@for how in 'kill 200' 'fail 200' 'cut 4'; do tools/env $(OUT) lua5.4 spec/bulk/crash.lua $$how || exit 1; done

flood: setup-test ## apply 100,000 rows (COUNT=) among faults: exactly one webhook for each
million: setup-test ## plan and apply a million rows (COUNT=): memory watched
flood million:
	$(MAKE_HERE) build
	@tools/env $(OUT) $(LUA) spec/bulk/$@.lua $(COUNT)

# The hosts of spec/fuzz and spec/torture, and interpreters of the tests' own.
include spec/fuzz/build.mk spec/torture/build.mk

checked-lua lua5.5:
	@tools/$@

# --- installing, and the rest -------------------------------------------------

PREFIX ?= /usr/local
LIBDIR ?= $(PREFIX)/lib
# A file, the directory, and the name that it has there.
install_file = mkdir -p "$(2)" && install -m 644 $(1) "$(2)/$(or $(3),$(notdir $(1)))"

# Where it goes, in the words of the shell.
where = abi=$$($(LUA) -e 'io.write((_VERSION:match("%d%.%d")))') && [ -n "$$abi" ] && \
	share="$(DESTDIR)$(PREFIX)/share/lua/$$abi" lib="$(DESTDIR)$(LIBDIR)/lua/$$abi" \
	bin="$(DESTDIR)$(PREFIX)/bin" files="$(DESTDIR)$(PREFIX)/share"

# The command gets the interpreter that it was built for, and the paths of what is installed.
install: build ## install without LuaRocks (PREFIX=/usr/local LUA_VERSION=5.4)
	@$(where) && \
	mkdir -p "$$bin" && { \
	  echo "#!$$(command -v $(LUA))"; \
	  echo "package.path = '$(PREFIX)/share/lua/$$abi/?.lua;$(PREFIX)/share/lua/$$abi/?/init.lua;' .. package.path"; \
	  echo "package.cpath = '$(LIBDIR)/lua/$$abi/?.so;' .. package.cpath"; \
	  sed 1d bin/twilio-webhooks; \
	} >"$$bin/twilio-webhooks" && chmod 755 "$$bin/twilio-webhooks" && \
	$(call install_file,man/twilio-webhooks.1,$$files/man/man1) && \
	$(call install_file,completions/twilio-webhooks.bash,$$files/bash-completion/completions,twilio-webhooks) && \
	$(call install_file,completions/_twilio-webhooks,$$files/zsh/site-functions) && \
	$(call install_file,completions/twilio-webhooks.fish,$$files/fish/vendor_completions.d) && \
	(cd lua && find . -name '*.lua' -o -name '*.html') | while read -r file; do \
	  mkdir -p "$$share/$${file%/*}" && install -m 644 "lua/$$file" "$$share/$$file" || exit 1; \
	done && \
	mkdir -p "$$lib/twilio/webhooks" && install -m 755 $(MODULES) "$$lib/twilio/webhooks" && \
	echo "installed in $$share, $$lib and $$bin"

# All of twilio/webhooks there, so that what an earlier version had goes too, and the directories that are
# empty then, but for zsh's, which Debian makes.
uninstall: ## remove what install put there (with the same LUA and PREFIX)
	@$(where) && \
	rm -rf "$$share/twilio/webhooks" "$$lib/twilio/webhooks" && \
	rm -f "$$bin/twilio-webhooks" "$$files/man/man1/twilio-webhooks.1" \
	  "$$files/bash-completion/completions/twilio-webhooks" "$$files/zsh/site-functions/_twilio-webhooks" \
	  "$$files/fish/vendor_completions.d/twilio-webhooks.fish" && \
	for directory in "$$share/twilio" "$$share" "$${share%/*}" "$$lib/twilio" "$$lib" "$${lib%/*}" "$$files/man/man1" \
	  "$$files/bash-completion/completions" "$$files/bash-completion" \
	  "$$files/fish/vendor_completions.d" "$$files/fish"; do rmdir "$$directory" 2>/dev/null || :; done && \
	echo "removed from $$share, $$lib and $$bin"

clean: ## remove everything that was built, by LuaRocks in this tree too (with sudo, if it ran so)
	rm -rf build lua_modules .luarocks twilio *.rock
	find csrc lua examples -name '*.o' -exec rm -f {} + -o -name '*.so' -exec rm -f {} +

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z][a-z0-9.%-]*:.*## / { printf "  make %-16s %s\n", $$1, $$2 }' Makefile
