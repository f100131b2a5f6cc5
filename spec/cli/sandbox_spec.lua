-- The sandbox by the command line, and the webhooks of the kinds that the API may answer.

local commandline = require "spec.support.commandline"
local kinds = require "twilio.webhooks.cli.kinds"
local shell = require "spec.support.shell"

describe("twilio-webhooks sandbox", function()
  it("serves until it is told to end, and says where", function()
    local status, output = shell.run(([[
      directory=$(mktemp -d)
      %s 2>"$directory/banner" >/dev/null &
      until grep -q SERVICE_SID "$directory/banner"; do sleep 0.05; done
      eval "$(grep '^ *export' "$directory/banner")"
      %s
      kill -TERM $!; wait $!; echo "ended $?"; rm -r "$directory"]]):format(
      commandline.command "sandbox --port 0 --channels 3", (commandline.command("channels -o tsv"):gsub("%-u %S+", ""))))
    assert.equal(0, status)
    assert.equal(3, select(2, output:gsub("\tchannel%-%d\tchannel%-%d\t", "")), output)
    assert.matches("ended 0\n$", output)
  end)

  it("says what it needs where that is not there", function()
    local status, _, err = commandline.run("sandbox", nil, nil, [[package.preload["twilio.webhooks.sandbox.launch"] =
      function() return { command = function() return nil, "the sandbox needs Lua 5.4" end } end]])
    assert.equal(1, status)
    assert.matches("the sandbox needs Lua 5.4", err)
  end)
end)

describe("twilio.webhooks.cli.kinds", function()
  it("takes a webhook without its parents for a channel's, since every property may be null", function()
    assert.equal("channel_sid", kinds.webhooks({}).fields[3])
  end)
end)
