-- Beside game.lua: the account is the environment's.

return {
  account = { base_url = os.getenv "TWILIO_WEBHOOKS_BASE_URL", service_sid = os.getenv "TWILIO_SERVICE_SID" },

  report = function(tally)
    print(("%d created in %d ms; worst step of the processor's time: %.2f ms"):format(
      tally.created or 0, tally.milliseconds or 0, tally.microseconds / 1000))
    return true
  end,
}
