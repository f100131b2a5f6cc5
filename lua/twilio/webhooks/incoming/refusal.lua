--- Why a request is refused, or is no event: a word for a program, and a line for people.

local MESSAGES = {
  body_mismatch = "the body is not the one that was signed: its SHA-256 is not bodySHA256 of the URL",
  failed = "libcrypto could not compute the signature",
  malformed_content_type = "there is more than one Content-Type header, or it is no text",
  malformed_form = "the body is no form",
  malformed_params = "the parameters are no table of texts, or of lists of texts",
  malformed_settings = "X-Twilio-Webhooks-Signature-Settings is no list with one key and one algorithm",
  malformed_signature = "X-Twilio-Signature is not what a signature looks like",
  malformed_url = "the URL is not scheme://host and so on, in http, https, ws or wss",
  mismatch = "the signature is not that of this URL and these parameters with any of the keys",
  missing_body = "the URL has bodySHA256, and no body was given to compare with it",
  missing_body_hash = "the body is no form, and the URL has no bodySHA256 to compare it with",
  missing_event_type = "there is no EventType: it is no event of a webhook",
  missing_settings = "there is no X-Twilio-Webhooks-Signature-Settings header, and no auth token either",
  missing_signature = "there is no X-Twilio-Signature header",
  too_large = "the URL, the body or the parameters are too large, or too many",
  unconfigured = "there is no key: give auth_token, auth_tokens or shared_keys, or set TWILIO_AUTH_TOKEN",
  unknown_algorithm = "the algorithm that the request names is not known here",
  unknown_key = "the key that the request names is not among shared_keys",
}

--- nil, the word and its line.
return function(reason)
  return nil, reason, MESSAGES[reason]
end
