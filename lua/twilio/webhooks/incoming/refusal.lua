--- The reasons why a request is refused, or is no event: a word for a program, and a line for people.

local MESSAGES = {
  body_mismatch = "the body is not the one that was signed: its SHA-256 is not the bodySHA256 of the URL",
  failed = "libcrypto could not compute the signature",
  malformed_content_type = "there is more than one Content-Type header, or it is not text",
  malformed_form = "the body is not a form",
  malformed_params = "the parameters are not a table of strings, or of lists of strings",
  malformed_settings = "X-Twilio-Webhooks-Signature-Settings does not name one key and one algorithm",
  malformed_signature = "X-Twilio-Signature does not look like a signature",
  malformed_url = "the URL does not begin with a scheme (http, https, ws or wss) and a host",
  mismatch = "none of the keys gives this signature for this URL and these parameters",
  missing_body = "the URL has bodySHA256, and no body was given to compare with it",
  missing_body_hash = "the body is not a form, and the URL has no bodySHA256 to compare it with",
  missing_event_type = "there is no EventType, so this is not an event of a webhook",
  missing_settings = "there is no X-Twilio-Webhooks-Signature-Settings header, and no auth token either",
  missing_signature = "there is no X-Twilio-Signature header",
  too_large = "the URL, the body or the parameters are too large, or too many",
  unconfigured = "there is no key: give auth_token, auth_tokens or shared_keys, or set TWILIO_AUTH_TOKEN",
  unknown_algorithm = "the request names an algorithm that is not known here",
  unknown_key = "the request names a key that is not among shared_keys",
}

--- nil, the word and its line.
return function(reason)
  return nil, reason, MESSAGES[reason]
end
