// create.js COUNT BASE_URL [IN_FLIGHT]: as many creates with the vendor's own client for
// Node, 1 or more in flight. Every answer is checked.
//
// The client speaks https to its own host. It is pointed elsewhere by what it offers for
// that: a RequestClient of the user's own, here its own with another origin in the URL and
// an agent for http that has the settings of its agent for https. Encoding, authorization,
// axios and the reading of the answer are the client's own work.
"use strict";

const http = require("node:http");
const twilio = require("twilio");

const ORIGIN = "https://ip-messaging.twilio.com";
const [count, base, inFlight] = [Number(process.argv[2]), process.argv[3], Number(process.argv[4] || 1)];

class LocalClient extends twilio.RequestClient {
  constructor() {
    super();
    this.axios.defaults.httpAgent = new http.Agent({
      keepAlive: true, maxSockets: inFlight, maxTotalSockets: inFlight, maxFreeSockets: inFlight,
    });
  }

  request(options) {
    if (!options.uri.startsWith(ORIGIN)) throw new Error(`an unexpected URL: ${options.uri}`);
    return super.request({ ...options, uri: base + options.uri.slice(ORIGIN.length) });
  }
}

const client = twilio("ACaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "0123456789abcdef0123456789abcdef", {
  httpClient: new LocalClient(),
});

async function create() {
  const hook = await client.ipMessaging.v2.services("ISaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")
    .channels("CHaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa").webhooks.create({
      type: "webhook",
      "configuration.url": "dummy",
      "configuration.method": "GET",
      "configuration.filters": ["onMessageSent", "onChannelDestroyed"],
      "configuration.retryCount": 2,
    });
  if (!/^WH/.test(hook.sid) || hook.configuration.retry_count !== 2) throw new Error("an answer is wrong");
}

let left = count;

async function createMany() {
  while (left-- > 0) await create();
}

Promise.all(Array.from({ length: inFlight }, createMany)).then(
  () => client.httpClient.axios.defaults.httpAgent.destroy(),
  (error) => { console.error(error); process.exit(1); });
