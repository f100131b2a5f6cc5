-- What the libcurl can do that the module was built for: this machine's, or in the run
-- old-libcurl, and its like of coverage, the oldest that is supported.

local function found()
  local pipe = assert(io.popen "pkg-config --modversion libcurl")
  local major, minor = pipe:read("*a"):match("^(%d+)%.(%d+)")
  pipe:close()
  return tonumber(major), tonumber(minor)
end

local real_major, real_minor = found()
local major, minor = real_major, real_minor
if ({ ["old-libcurl"] = true, ["coverage-old"] = true })[os.getenv "TEST_RUN"] then major, minor = 7, 61 end

return {
  -- Can it be kept from sending a POST again by itself? Otherwise each POST has a
  -- connection of its own, since on one that was never used libcurl repeats nothing.
  reuses_for_post = major > 7 or minor >= 80,
  -- Takes it an answer whose first header line begins with a space?
  keeps_first_fold = real_major > 8 or real_major == 8 and real_minor >= 1 or real_major == 7 and real_minor < 84,
  -- Does it read TLS ahead, and not look whether anything is left of that within a second?
  -- See "What cannot be promised" in doc/reliability.md.
  reads_ahead = major > 8 or major == 8 and minor >= 22,
  -- Keeps it the TLS sessions of all of a client's handles in one place?
  keeps_sessions_for_all = real_major > 8 or real_major == 8 and real_minor >= 12,
  -- Goes it on without a thread that waits for a name server?
  leaves_resolver = major > 7 or minor >= 87,
  -- Tells it when a new connection is ready?
  tells_connected = major > 7 or minor >= 80,
  -- Tells it why a SOCKS proxy refused?
  tells_socks_reason = major > 7 or minor >= 73,
  -- Can a proxy's headers be told from the API's?
  tells_proxys_headers = major > 7 or minor >= 80,
}
