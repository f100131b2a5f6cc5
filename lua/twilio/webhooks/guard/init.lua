--- Guards: functions that a server runs before a handler, and that let only requests pass which
-- Twilio has signed. Each is a file, loaded when it is first used, and a function that makes one
-- from a table of options.

return require "twilio.webhooks.loading".on_demand("guard", "guard", { "openresty" })
