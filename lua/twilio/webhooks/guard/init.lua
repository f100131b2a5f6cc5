--- Guards: functions that a server runs before a handler, and that let only requests pass that Twilio
-- has signed. Each is a file, loaded when it is first used: a function that makes a guard from a table
-- of options.

return require "twilio.webhooks.loading".on_demand("guard", "guard", { "openresty" })
