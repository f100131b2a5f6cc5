# The module's objects, with their calls of malloc and the like renamed, in a host whose
# memory fails on demand: see README.md. Lua comes as a library.

TORTURE := $(OUT)/torture
TORTURE_SOURCES := $(wildcard spec/torture/*.c)
CHECKED := build/checked-lua/hard/liblua.a

.PHONY: torture-host torture-checked
torture-host: $(TORTURE)/host
torture-checked: $(TORTURE)-checked/host
$(CHECKED): checked-lua
	@:

$(TORTURE)/module.o: $(OBJECTS) $(OUT)/obj/signature.o $(SYSTEM_OBJECTS)
	@mkdir -p $(@D)
	$(call quiet,LD,$@)$(LD) -r -o $@ $^ && objcopy $(addprefix --redefine-sym ,malloc=torture_malloc \
	  calloc=torture_calloc realloc=torture_realloc free=torture_free luaL_newstate=torture_newstate) $@

$(TORTURE)/host $(TORTURE)-checked/host: $(TORTURE)/module.o $(TORTURE_SOURCES) $(wildcard spec/torture/*.h)
	@mkdir -p $(@D)
	$(call quiet,CC,$@)$(CC) $(ALL_CFLAGS) -o $@ $(TORTURE_SOURCES) $< $(TORTURE_LUA) $(LDFLAGS) $(CURL_LIBS) $(CRYPTO_LIBS) -lpthread -lm

$(TORTURE)/host: TORTURE_LUA = -Wl,--no-as-needed $(call lua_config,--libs) -Wl,--as-needed
$(TORTURE)-checked/host: $(CHECKED)
$(TORTURE)-checked/host: TORTURE_LUA = -Wl,--whole-archive $(CHECKED) -Wl,--no-whole-archive -Wl,-E -ldl
