--- The channels or conversations of a command over many: all of a service or an account, except those
-- that --where leaves out.

local parameters = require "twilio.webhooks.cli.parameters"
local status = require "twilio.webhooks.cli.status"

local scope = {}

scope.FLAGS = {
  { name = "--all-channels", target = "all_channels", help = "all channels of --service" },
  { name = "--all-conversations", target = "all_conversations",
    help = "all conversations, of the account or of --chat-service" },
  { name = "--where", target = "where", metavar = "NAME=VALUE", many = true,
    help = "only those with type=private, state=active, ..." },
}

-- The operation that lists them; nil if the flags name none.
local function operation_of(flags)
  if flags.all_channels then return "list_channels" end
  return flags.all_conversations and "list_conversations"
end

local function add_filter(context, params, text)
  local name, value = text:match "^([%w_]+)=(.*)$"
  if not name then context:stop(status.USAGE, ("--where: %s is not NAME=VALUE"):format(text)) end
  params[name] = value
end

--- Do the flags name all of something?
function scope.is_all(flags)
  return operation_of(flags) ~= nil
end

--- The parameters that name the service.
function scope.service(context)
  local params = parameters.read(context.flags, operation_of(context.flags))
  return { service_sid = params.service_sid, chat_service_sid = params.chat_service_sid }
end

--- An iterator over them, as client:channels gives it.
function scope.each(context)
  local flags, operation = context.flags, operation_of(context.flags)
  if flags.all_channels and flags.all_conversations then
    context:stop(status.USAGE, "--all-channels and --all-conversations: give one of them")
  end
  local params = scope.service(context)
  for _, text in ipairs(flags.where or {}) do add_filter(context, params, text) end
  local client = context:client()
  local items = flags.all_channels and client:channels(params) or client:conversations(params)
  if items.err then context:stop(context:fail_by(items.err, operation)) end
  return items
end

--- A function that gives the parameters that name one of them.
function scope.parent(context)
  if context.flags.all_channels then
    return function(item) return { service_sid = item.service_sid, channel_sid = item.sid } end
  end
  local service = scope.service(context).chat_service_sid
  return function(item) return { chat_service_sid = service, conversation_sid = item.sid } end
end

return scope
