// Reads requests, a JSON object a line, and prints a line of what the vendor's client says of
// each: "1" where it takes the request for Twilio's, else "0".
"use strict";

const readline = require("readline");
const twilio = require("twilio");

// As a server hands a form over: a repeated name has a list.
function formOf(body) {
  const params = {};
  for (const [name, value] of new URLSearchParams(body || "")) {
    if (!Object.hasOwn(params, name)) params[name] = value;
    else if (Array.isArray(params[name])) params[name].push(value);
    else params[name] = [params[name], value];
  }
  return params;
}

function verify({ key, signature, url, body, algorithm }) {
  try {
    return url.includes("bodySHA256")
      ? twilio.validateRequestWithBody(key, signature, url, body, algorithm)
      : twilio.validateRequest(key, signature, url, formOf(body), algorithm);
  } catch (problem) {
    return false; // its fallback parses the URL, and raises an error where that cannot be done
  }
}

const answers = [];
readline.createInterface({ input: process.stdin })
  .on("line", (line) => answers.push(verify(JSON.parse(line)) ? "1" : "0"))
  .on("close", () => process.stdout.write(answers.join("\n") + "\n"));
