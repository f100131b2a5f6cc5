-- Each row of the core's tables against the published API, and whether the comparison would
-- find a row that is wrong.

local core = require "twilio.webhooks.core"
local openapi = require "spec.support.openapi"

-- The tables with a change in them.
local function changed(change)
  local description = core.describe()
  change(description, description.resources[1], description.resources[2])
  return openapi.differences(description)
end

local function field(resource, wire)
  for i, row in ipairs(resource.fields) do
    if row.wire == wire then return row, i end
  end
  error("no field " .. wire)
end

local function operation(description, name)
  for _, row in ipairs(description.operations) do
    if row.name == name then return row end
  end
  error("no operation " .. name)
end

describe("the tables", function()
  it("are what is published", function()
    assert.same({}, openapi.differences(core.describe()))
  end)

  describe("are found to differ by", function()
    -- { what, the change }
    local changes = {
      { "a field's name", function(_, chat) field(chat, "Configuration.Url").wire = "Configuration.Uri" end },
      { "a field's type", function(_, chat) field(chat, "Configuration.RetryCount").type = "string" end },
      { "a list that is none", function(_, _, conv) field(conv, "Configuration.Filters").type = "string" end },
      { "a value of an enum", function(_, _, conv) field(conv, "Configuration.Method").values[1] = "GET" end },
      { "an enum with one value less", function(_, chat) table.remove(field(chat, "Type").values) end },
      { "an enum with one value more", function(_, chat) table.insert(field(chat, "Type").values, "flex") end },
      { "the bounds of an integer", function(_, chat) field(chat, "PageSize").values[2] = "6" end },
      { "a pattern", function(_, chat) field(chat, "Configuration.FlowSid").values[1] = "FV" end },
      { "a field that is missing", function(_, chat)
        local _, i = field(chat, "Configuration.Triggers")
        table.remove(chat.fields, i)
      end },
      { "a field that is not published", function(_, chat) table.insert(chat.fields,
        { wire = "Configuration.New", type = "string", values = {}, operations = { "create_webhook" }, required = {} })
      end },
      { "an operation that takes a field", function(_, _, conv)
        table.insert(field(conv, "Configuration.ReplayAfter").operations, "update_webhook")
      end },
      { "an operation that takes one no more", function(_, chat)
        table.remove(field(chat, "Configuration.Url").operations)
      end },
      { "a field that is required no more", function(_, chat) field(chat, "Type").required = {} end },
      { "one that is required by now", function(_, chat)
        field(chat, "Configuration.Url").required = { "create_webhook" }
      end },
      { "a path", function(_, chat) chat.segments[3].before = "/Hooks" end },
      { "a path's parameter", function(_, chat) chat.segments[2].wire = "Channel" end },
      { "a kind of sid in a path", function(_, chat) chat.segments[1].kind = "IX" end },
      { "a path's pattern that is not published", function(_, _, conv) conv.segments[3].kind = "CH" end },
      { "an optional part that is required", function(_, _, conv) conv.segments[2].when = "always" end },
      { "the kind of the items' sid", function(_, chat) chat.kind = "WX" end },
      { "the key of the list", function(_, _, conv) conv.list = "items" end },
      { "the product", function(_, chat) chat.product = "messaging" end },
      { "an operation that a resource lacks", function(_, chat) table.remove(chat.operations, 1) end },
      { "an operation's method", function(all) operation(all, "update_webhook").method = "GET" end },
      { "an operation's status", function(all) operation(all, "create_webhook").status = 200 end },
      { "an operation's shape", function(all) operation(all, "delete_webhook").shape = "item" end },
      { "whether it is of one item", function(all) operation(all, "fetch_webhook").on_item = false end },
      { "a resource that is missing", function(all) table.remove(all.resources) end },
    }
    for _, row in ipairs(changes) do
      it(row[1], function()
        assert.is_true(#changed(row[2]) > 0)
      end)
    end

    it("any one property of any row, changed by itself", function()
      local count = 0
      for r in ipairs(core.describe().resources) do
        for f, row in ipairs(core.describe().resources[r].fields) do
          for _, property in ipairs(row.type == "page" and {} or { "wire", "type" }) do
            count = count + 1
            local differences = changed(function(all) all.resources[r].fields[f][property] = "other" end)
            assert.is_true(#differences > 0, row.wire .. " " .. property)
          end
        end
      end
      assert.is_true(count >= 32)
    end)
  end)
end)
