--- Sends one request to a user's URL by the program curl, which usually comes with libcurl: the module
-- itself sends only to the API. The request is in files, never in words of a shell.

local post = {}

local SECONDS = 15 -- as long as Twilio waits for an answer
local MAX_BYTES = 1048576 -- of an answer
local MARK = "\ntwilio-webhooks: "

local ESCAPES = { ["\\"] = "\\\\", ['"'] = '\\"', ["\n"] = "\\n", ["\r"] = "\\r", ["\t"] = "\\t" }

local function quote(text)
  return '"' .. text:gsub('[\\"\n\r\t]', ESCAPES) .. '"'
end

-- curl's configuration. It replaces the user's own, which may follow redirects.
local function configuration(request, body_path)
  local lines = { "silent", "show-error", "globoff", "proto = \"=http,https\"", "max-time = " .. SECONDS,
    "url = " .. quote(request.url), "request = " .. quote(request.method),
    "write-out = " .. quote(MARK .. "%{http_code} %{time_total}") }
  for _, header in ipairs(request.headers) do lines[#lines + 1] = "header = " .. quote(header) end
  if request.ca_file then lines[#lines + 1] = "cacert = " .. quote(request.ca_file) end
  if request.proxy then lines[#lines + 1] = "proxy = " .. quote(request.proxy) end
  if body_path then lines[#lines + 1] = "data-binary = " .. quote("@" .. body_path) end
  return table.concat(lines, "\n") .. "\n"
end

-- Writes a temporary file, and adds its name to the paths.
local function write_file(paths, text)
  local path = os.tmpname()
  paths[#paths + 1] = path
  local file = assert(io.open(path, "wb"))
  local written, why = file:write(text)
  local closed, problem = file:close()
  if not (written and closed) then error(("%s: %s"):format(path, why or problem), 0) end
  return path
end

local function run(path)
  local pipe, why = io.popen(("curl -q --config '%s' 2>&1"):format(path), "r")
  if not pipe then return nil, why end
  local text = pipe:read(MAX_BYTES + 1) or ""
  pipe:close()
  if #text > MAX_BYTES then return nil, "the answer is too large" end
  return text
end

-- Its answer, or what curl said.
local function parse(text)
  local body, code, seconds = text:match("^(.*)" .. MARK:gsub("%p", "%%%0") .. "(%d+) ([%d.]+)%s*$")
  if code and code ~= "000" then
    return { status = tonumber(code), seconds = tonumber(seconds), body = body }
  end
  local said = (body or text):gsub("^%s+", ""):gsub("%s+$", ""):gsub("%s*\n%s*", " ")
  if said:find "not found" and not code then return nil, "the program curl is not there: install curl" end
  return nil, said
end

local function perform(request, paths)
  local body_path = request.body and write_file(paths, request.body)
  return run(write_file(paths, configuration(request, body_path)))
end

--- Sends it: method, url, headers (a list of lines), body. Gives status, seconds and body; or nil
-- and what is wrong.
function post.send(request)
  local paths = {}
  local ended, text, why = pcall(perform, request, paths)
  for _, path in ipairs(paths) do os.remove(path) end -- after Ctrl-C, too
  if not ended then error(text, 0) end
  if not text then return nil, why end
  return parse(text)
end

return post
