# create.py COUNT BASE_URL: as many creates with the vendor's own client for Python, one after
# the other. Every answer is checked.
#
# The client speaks https to its own host. It is pointed elsewhere by what it offers for that:
# an HTTP client of the user's own, here its own with another origin in the URL. Encoding,
# authorization, requests and the reading of the answer are the client's own work.
import sys

from twilio.http.http_client import TwilioHttpClient
from twilio.rest import Client

ORIGIN = "https://ip-messaging.twilio.com"
count, base = int(sys.argv[1]), sys.argv[2]


class LocalClient(TwilioHttpClient):
    def request(self, method, url, *rest, **named):
        if not url.startswith(ORIGIN):
            raise ValueError("an unexpected URL: " + url)
        return super().request(method, base + url[len(ORIGIN):], *rest, **named)


client = Client("ACaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "0123456789abcdef0123456789abcdef", http_client=LocalClient())
webhooks = (client.ip_messaging.v2.services("ISaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")
            .channels("CHaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa").webhooks)
for _ in range(count):
    hook = webhooks.create(
        type="webhook", configuration_url="dummy", configuration_method="GET",
        configuration_filters=["onMessageSent", "onChannelDestroyed"], configuration_retry_count=2)
    if not hook.sid.startswith("WH") or hook.configuration["retry_count"] != 2:
        raise ValueError("an answer is wrong")
