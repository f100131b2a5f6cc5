-- Makes doc/plan.svg, the picture of plan and apply that README shows: the command line itself, in
-- tmux, against a sandbox. What tmux has on its screen becomes text in an SVG.
--
--   tools/env build/lua5.4 lua5.4 tools/terminal.lua [FILE]

local files = require "spec.support.files"
local sandbox = require "twilio.webhooks.sandbox"
local webhooks = require "twilio.webhooks"

local file = arg[1] or "doc/plan.svg"
local COLUMNS, ROWS = 92, 30
local WIDTH, HEIGHT = 8.4, 19 -- of a character
local SOCKET = "picture" .. os.time()

local COLOURS = { [31] = "#f7768e", [32] = "#9ece6a", [33] = "#e0af68", [34] = "#7aa2f7", [35] = "#bb9af7",
  [36] = "#7dcfff", [37] = "#c0caf5", [90] = "#7f88b0" }

local function quote(text) return "'" .. text:gsub("'", "'\\''") .. "'" end

local function output_of(command)
  local pipe = assert(io.popen(command))
  local text = pipe:read "*a"
  pipe:close()
  return text
end

local function tmux(words) return output_of(("tmux -L %s -f /dev/null %s"):format(SOCKET, words)) end

-- --- what is on the screen ---------------------------------------------------------------

local function fill(server)
  local client = assert(webhooks.new { base_url = server.base_url, account_sid = server.account_sid,
    auth_token = server.auth_token, service_sid = server.service_sid })
  local function create(channel, url)
    assert(client:create_webhook { channel_sid = channel, type = "webhook",
      configuration = { url = url, filters = { "onMessageSent" } } })
  end
  create("blue", "https://chat.example.com/hook")
  create("red", "https://chat.example.com/old")
  create("white", "https://chat.example.com/hook")
  client:close()
end

local CSV = [[
channel_sid,type,configuration.url,configuration.filters
blue,webhook,https://chat.example.com/hook,onMessageSent;onMemberAdded
red,webhook,https://chat.example.com/hook,onMessageSent
green,webhook,https://chat.example.com/hook,onMessageSent
white,webhook,https://chat.example.com/hook,onMessageSent
]]

local PRUNE = " --prune-url https://chat.example.com/"
local COMMANDS = {
  "twilio-webhooks plan rooms.csv" .. PRUNE,
  "twilio-webhooks apply rooms.csv --yes" .. PRUNE,
}

local function environment(server)
  return ("TWILIO_WEBHOOKS_BASE_URL=%s TWILIO_ACCOUNT_SID=%s TWILIO_AUTH_TOKEN=%s TWILIO_SERVICE_SID=%s")
    :format(server.base_url, server.account_sid, server.auth_token, server.service_sid)
end

-- A shell that knows the command by its name, and says when one has ended.
local function shell(server, directory)
  local here = output_of "pwd":match "[^\n]+"
  files.write(directory .. "/rooms.csv", CSV)
  files.write(directory .. "/twilio-webhooks",
    ("#!/bin/sh\nexec lua5.4 %s/bin/twilio-webhooks \"$@\"\n"):format(here))
  os.execute("chmod 755 " .. quote(directory .. "/twilio-webhooks"))
  return ("cd %s && env PATH=%s:\"$PATH\" %s PS1='$ ' sh"):format(quote(directory), quote(directory),
    environment(server))
end

local function wait_for_prompts(count)
  for _ = 1, 200 do
    local screen = tmux "capture-pane -p -e -t t"
    local _, prompts = ("\n" .. screen):gsub("\n%$ ?", "")
    if prompts >= count then return screen end
    os.execute "sleep 0.1"
  end
  error "the command did not end"
end

local function take_screen(server, directory)
  tmux(("new-session -d -x %d -y %d -s t %s"):format(COLUMNS, ROWS, quote(shell(server, directory))))
  wait_for_prompts(1)
  local screen
  for i, command in ipairs(COMMANDS) do
    tmux(("send-keys -t t %s Enter"):format(quote(command)))
    screen = wait_for_prompts(i + 1)
  end
  tmux "kill-server"
  return (screen:gsub("\n%$ *\n*$", "\n"))
end

-- --- the picture ---------------------------------------------------------------------------

-- Spaces that a viewer folds, too.
-- Renderers differ: some keep only spaces that do not break, some only those of xml:space.
local ESCAPES = { [" "] = "\194\160", ["&"] = "&amp;", ["<"] = "&lt;", [">"] = "&gt;" }

local function apply_codes(style, codes)
  for digits in (codes == "" and "0" or codes):gmatch "%d+" do
    local code = tonumber(digits)
    if code == 0 then style.bold, style.dim, style.colour = nil, nil, nil end
    if code == 1 then style.bold = true end
    if code == 2 then style.dim = true end
    if code == 39 then style.colour = nil end
    style.colour = COLOURS[code] or style.colour
  end
end

local function attributes_of(style)
  return (style.colour and (' fill="%s"'):format(style.colour) or "")
    .. (style.bold and ' font-weight="bold"' or "") .. (style.dim and ' opacity="0.6"' or "")
end

-- A line of the screen as the pieces of a text. The style goes on in the next line.
local function draw_line(line, style)
  local pieces = {}
  for codes, text in ("\27[m" .. line):gmatch "\27%[([%d;]*)m([^\27]*)" do
    if codes ~= "" or #pieces > 0 then apply_codes(style, codes) end
    if text ~= "" then
      pieces[#pieces + 1] = ("<tspan%s>%s</tspan>"):format(attributes_of(style), text:gsub("[ &<>]", ESCAPES))
    end
  end
  return table.concat(pieces)
end

local function draw(screen)
  local lines, style = {}, {}
  for line in screen:gmatch "([^\n]*)\n" do lines[#lines + 1] = draw_line(line, style) end
  local width, height = math.ceil(COLUMNS * WIDTH) + 40, #lines * HEIGHT + 36
  local out = { ('<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%d" height="%d">')
    :format(width, height, width, height), '<rect width="100%" height="100%" rx="8" fill="#1a1b26"/>',
    '<g font-family="ui-monospace, \'DejaVu Sans Mono\', Menlo, Consolas, monospace" font-size="14" '
      .. 'fill="#c0caf5" xml:space="preserve">' }
  for i, line in ipairs(lines) do
    out[#out + 1] = ('<text x="20" y="%d">%s</text>'):format(14 + i * HEIGHT, line)
  end
  out[#out + 1] = "</g></svg>\n"
  return table.concat(out, "\n")
end

local server = assert(sandbox.start())
local directory = output_of "mktemp -d":match "[^\n]+"
fill(server)
local done, screen = pcall(take_screen, server, directory)
server:stop()
os.execute("rm -rf " .. quote(directory))
if not done then
  tmux "kill-server"
  error(screen, 0)
end
files.write(file, draw(screen))
