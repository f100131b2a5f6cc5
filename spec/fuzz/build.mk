# Each target is a program with all of csrc in it, for Lua 5.4. See README.md.

FUZZ_TARGETS ?= $(notdir $(wildcard spec/fuzz/seeds/*))
FUZZ_CC ?= clang
FUZZ_CFLAGS ?= -O1 -g
FUZZ_OBJECTS := $(patsubst %.c,build/fuzz/obj/%.o,$(SOURCES) csrc/signature.c spec/fuzz/state.c spec/fuzz/loopback.c)

.PHONY: fuzz-build
fuzz-build: $(FUZZ_TARGETS:%=build/fuzz/%)

$(FUZZ_TARGETS:%=build/fuzz/%): build/fuzz/%: build/fuzz/obj/spec/fuzz/%.o $(FUZZ_OBJECTS)
	$(call quiet,LINK,$@)$(FUZZ_CC) -fsanitize=fuzzer,$(CHECKS) $(LDFLAGS) -o $@ $^ \
	  $(or $(call lua_config,--libs),-l$(notdir $(LUA))) $(CURL_LIBS) $(CRYPTO_LIBS)

build/fuzz/obj/%.o: %.c
	@mkdir -p $(@D)
	$(call quiet,CC,$@)$(FUZZ_CC) -std=c99 $(WARNINGS) -fsanitize=fuzzer-no-link,$(CHECKS) \
	  $(INCLUDES) $(CPPFLAGS) $(FUZZ_CFLAGS) -MMD -MP -c -o $@ $<

# The same without a fuzzer, as $(OUT) says: see replay.c.
.PHONY: fuzz-replay
fuzz-replay: $(FUZZ_TARGETS:%=$(OUT)/fuzz/%)

FUZZ_PARTS := spec/fuzz/state.c spec/fuzz/loopback.c spec/fuzz/replay.c

$(FUZZ_TARGETS:%=$(OUT)/fuzz/%): $(OUT)/fuzz/%: spec/fuzz/%.c $(FUZZ_PARTS) $(OBJECTS) $(OUT)/obj/signature.o
	@mkdir -p $(@D)
	$(call quiet,CC,$@)$(CC) $(ALL_CFLAGS) -o $@ $^ -Wl,--no-as-needed $(call lua_config,--libs) \
	  $(LDFLAGS) $(CURL_LIBS) $(CRYPTO_LIBS) -lm

-include $(wildcard build/fuzz/obj/*/*.d build/fuzz/obj/*/*/*.d)
