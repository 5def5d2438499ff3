"""What the simulator does, and how sure we are that Flowroute does the same. One line for each behaviour.

Tags: ``documented`` (Flowroute's own pages say so), ``observed`` (seen in an SDK, a sample app or a published log),
``assumed`` (nobody says; we had to choose). Sources are sections of flowroute-api.md.
The code names the entry it carries out, so that a search for a name finds both.
"""

from __future__ import annotations

from typing import Final, Literal, NamedTuple

Tag = Literal["documented", "observed", "assumed"]


class Behaviour(NamedTuple):
    """One thing the simulator does, with its evidence."""

    name: str
    tag: Tag
    source: str
    what: str


BEHAVIOURS: Final = (
    # Sending
    Behaviour("send-v2", "documented", "§2.1", "POST /v2/messages answers 200 with data.id alone; ids begin mdr1-"),
    Behaviour("send-v21", "documented", "§2.2", "POST /v2.1/messages answers 202 with links, type and id; mdr2- ids"),
    Behaviour("send-v22-price", "documented", "§2.3", "POST /v2.2/messages answers 202 and adds price_details"),
    Behaviour("price-place", "observed", "§2.3, §10 row 10", "price_details stands in data.attributes, rates as text"),
    Behaviour(
        "price-surcharge",
        "assumed",
        "§2.3",
        "the surcharge is $0.0030, which a record's amount leaves out; an MMS is one segment",
    ),
    Behaviour("body-or-content", "observed", "§2.1, §10 row 1", "v2 takes body or content"),
    Behaviour("body-before-content", "assumed", "§2.1", "v2 prefers body where both are given"),
    Behaviour(
        "two-body-forms", "documented", "§1", "v2.1 and v2.2 take compact and JSON:API bodies; v2 takes flat ones"
    ),
    Behaviour("plus-or-not", "documented", "§2.3, §10 row 19", "numbers are taken with or without +, given without"),
    Behaviour("unknown-members", "assumed", "§2", "members we do not know are ignored"),
    Behaviour("content-types", "documented", "§1", "application/json and application/vnd.api+json, charset allowed"),
    Behaviour("no-content-type", "assumed", "§1", "v2 takes a body without a content type; v2.1 and v2.2 say 415"),
    Behaviour("answer-types", "assumed", "§1", "v2 answers application/json, v2.1 and v2.2 application/vnd.api+json"),
    Behaviour("own-address", "assumed", "§2.2, §3.2", "links begin with the address that the caller used"),
    Behaviour("not-enabled", "assumed", "§2.1, §12", "from a number without messaging is 403"),
    Behaviour(
        "not-registered", "assumed", "§4.3, §7", "from a number without registration: taken, then failed with 1103"
    ),
    # MMS
    Behaviour("mms-versions", "assumed", "§2.1, §2.2", "v2.1 and v2.2 take media_urls and is_mms; v2 ignores both"),
    Behaviour("mms-body", "documented", "§2.2", "body is required unless there are media"),
    Behaviour("is-mms-as-text", "observed", "§2.2", 'is_mms may be true or the text "true"'),
    Behaviour("media-urls", "assumed", "§2.2", "media_urls is a list of at most 10 http or https URLs, else 422"),
    Behaviour(
        "media-limit",
        "documented",
        "§4.1, §4.3",
        "media over 767840 bytes are 422 (those with too-large in their name)",
    ),
    Behaviour(
        "media-unread",
        "assumed",
        "§5.3",
        "media are never fetched: the type follows from the name, the size is made up",
    ),
    # Records
    Behaviour("record-v2", "observed", "§3.1", "v2 records: long-code, has_mms, callback_url, microseconds and +00:00"),
    Behaviour(
        "record-v21", "observed", "§3.1", "v2.1 and v2.2 records: status, receipts newest first, hundredths and Z"
    ),
    Behaviour("message-type", "documented", "§7", "toll-free by the prefix of the number that sends"),
    Behaviour("no-status-yet", "assumed", "§3.1", "status is empty until the first receipt"),
    Behaviour(
        "generations-apart", "assumed", "§3.1, §10 row 4", "v2 finds mdr1- records only, v2.1 and v2.2 mdr2- only"
    ),
    Behaviour("record-delay", "observed", "§3.1", "a record can be looked up only some time after the send"),
    Behaviour("length-and-cost", "documented", "§7", "encoding and segments by Flowroute's rule"),
    Behaviour("unit-price", "observed", "§7, §12", "4,000,000 nanodollars a segment, shown as $0.0040"),
    Behaviour("other-prices", "observed", "§7", "$0.0070 for a segment that comes in, $0.0095 for an MMS"),
    Behaviour("record-media", "documented", "§3.1, §5.3", "the record of an MMS names its media and includes them"),
    Behaviour(
        "record-inbound", "assumed", "§3.1, §5.2", "what came in has a record: delivered, or no status for an MMS"
    ),
    # Lists
    Behaviour("list-needs-start", "documented", "§3.2", "start_date is required"),
    Behaviour("list-dates", "documented", "§3.2", "a day, or a day and time in UTC"),
    Behaviour("list-offset-dates", "observed", "§3.2", "dates with +00:00 too, since links.next is written so"),
    Behaviour("list-bare-plus", "assumed", "§3.2", "a + of an offset that was not percent-encoded is taken as one"),
    Behaviour("list-end", "assumed", "§3.2", "both ends belong to the range; end_date is now unless given"),
    Behaviour("list-limit", "assumed", "§3.2", "10 records unless limit says otherwise; there is no maximum"),
    Behaviour("list-next", "observed", "§3.2", "links.next repeats the filters, dates in full; none on the last page"),
    Behaviour("list-order", "observed", "§3.2", "newest first"),
    Behaviour("list-mistakes", "assumed", "§3.2", "a wrong or missing filter is 422"),
    # Errors
    Behaviour("error-shape", "documented", "§4.1", "every error is JSON: errors[] with an integer status"),
    Behaviour("error-shape-v2", "observed", "§4.1, §10 row 2", "errors[] on v2 too"),
    Behaviour("error-401", "documented", "§4.1, §4.3", "keys wrong or missing"),
    Behaviour("challenge", "assumed", "§12", "a 401 carries WWW-Authenticate: Basic"),
    Behaviour("error-403", "documented", "§4.1, §4.3", "from is not on the account; empty detail and no id"),
    Behaviour("error-404", "documented", "§4.1", "no such record or path; no title"),
    Behaviour("error-405", "observed", "§4.1", "a method that the path does not have, with Allow"),
    Behaviour("error-413", "assumed", "§11", "a request body over 1 MiB"),
    Behaviour("error-415", "assumed", "§1", "a body that says it is neither of the two JSON types"),
    Behaviour("error-400", "assumed", "§4.3", "a body that is not JSON, or not a JSON object"),
    Behaviour("error-422-shape", "observed", "§4.1", "detail is an object that names the fields; no title"),
    Behaviour("error-422-missing", "assumed", "§4.3", "to, from or body missing, empty or not text"),
    Behaviour("error-422-to", "assumed", "§4.3, §10 row 18", "to is not a number of 11 digits, 1NPANXXXXXX"),
    Behaviour("legacy-500", "observed", "§4.3", "v2 answers 500 to a malformed to, while legacy_500 is on"),
    Behaviour("error-1110", "documented", "§4.3, §7", "the recipient has opted out of this number: 400 with 1110"),
    Behaviour("error-1110-place", "assumed", "§7, §10 row 22", "1110 stands in detail and in a member code"),
    Behaviour("error-503", "documented", "§4.2", "the service is not available (by destination number, or as a fault)"),
    Behaviour("order-of-checks", "assumed", "§4.3", "404, 405, then 401, 429, 413, 415, 400, 422, 403"),
    Behaviour("slash-at-end", "assumed", "§1", "a slash at the end of a path changes nothing"),
    # Rate
    Behaviour("rate-limit", "documented", "§7, §10 row 29", "5 a second per key and endpoint; every attempt counts"),
    Behaviour("rate-window", "assumed", "§7, §12", "the first attempt opens a window of 1000 ms; GETs count as well"),
    Behaviour("rate-mms", "documented", "§7", "1 MMS a second per key and endpoint, which counts among the 5 as well"),
    # Life cycle
    Behaviour("receipts", "observed", "§6.2", "level 1 smsc submit without code, level 2 message buffered 1003"),
    Behaviour("receipt-delivered", "assumed", "§6.2, §6.3", "then delivered 1004, level 2"),
    Behaviour("receipt-times", "assumed", "§12", "0.3 s, 1.0 s and 1.5 s after the send; all at once with instant"),
    Behaviour("ends-buffered", "observed", "§6.2", "a message may end at 1003 for ever (by destination number)"),
    Behaviour(
        "receipt-failed", "assumed", "§6.2, §6.3", "1103, 1116, 1150 and 1201 come as failed, level 2, after level 1"
    ),
    Behaviour("receipts-by-hand", "assumed", "§6.2", "while receipts are manual, only those come that somebody sets"),
    Behaviour("outcomes", "assumed", "§12", "some destination numbers stand for an answer or a story; no real ones do"),
    # Callbacks: where they go
    Behaviour(
        "callback-settings", "documented", "§6.4, §6.5", "PUT, POST and DELETE say 204 with no body; GET shows it"
    ),
    Behaviour("callback-removal", "assumed", "§6.5", "DELETE removes the callback of a number"),
    Behaviour(
        "callback-types", "documented", "§6.4, §10 row 13", "four types, and dlr_callback for both kinds of receipt"
    ),
    Behaviour("callback-levels", "documented", "§2.2, §6.1", "dlr_callback of a message goes before the account's"),
    Behaviour("callback-number-first", "assumed", "§6.1", "a number's callback goes before the account's"),
    Behaviour("callback-bodies", "observed", "§6.4, §9", "compact or JSON:API, and without a content type as well"),
    Behaviour("callback-unset", "assumed", "§6.4", "GET of a callback that is not set is 404; removing it is 204"),
    Behaviour("callback-product", "assumed", "§6.4", "product is dlr for receipts, else sms or mms"),
    Behaviour("callback-url", "assumed", "§6.4", "a callback URL is http or https in plain ASCII, else 422"),
    # Callbacks: what is posted
    Behaviour(
        "webhook-format", "assumed", "§5, §6.1", "one setting chooses the generation of everything that is posted"
    ),
    Behaviour("incoming-v2", "documented", "§5.1", "the older way: a flat object of to, from, body and id"),
    Behaviour("incoming-v21", "observed", "§5.2", "the newer way: amount_nanodollars as text, no delivery_receipts"),
    Behaviour(
        "incoming-mms", "observed", "§5.3", "MMS: amount_nanodollars as a number, an empty status, media included"
    ),
    Behaviour(
        "incoming-ids", "assumed", "§5.1, §10 row 4", "the format decides whether an incoming id is mdr1- or mdr2-"
    ),
    Behaviour(
        "receipt-post-v21", "documented", "§6.1", "a receipt with its level; seconds and +00:00; no body for MMS"
    ),
    Behaviour("receipt-post-v2", "observed", "§6.1", "bare, with to and from, without a level; no code at level 1"),
    Behaviour(
        "callback-headers", "assumed", "§5.1, §5.4, §11", "JSON from Go-http-client/1.1, which takes gzip; unsigned"
    ),
    Behaviour(
        "callback-answer", "documented", "§5.1, §10 row 25", "200 takes it; any 2xx while strict_callbacks is off"
    ),
    Behaviour(
        "callback-repeats",
        "documented",
        "§5.1",
        "an incoming message is posted 4 times in all, 30 s apart, until taken",
    ),
    Behaviour("receipt-repeats", "assumed", "§6.1", "receipts are repeated by the same rule"),
    Behaviour(
        "callbacks-loopback", "assumed", "§12", "callbacks go to this machine alone unless told otherwise (our rule)"
    ),
    # Opt-out
    Behaviour(
        "opt-out", "documented", "§7", "STOP alone, in any case, ends it for the pair; UNSTOP lifts it; both are posted"
    ),
    Behaviour(
        "opt-out-answer", "assumed", "§7", "the phone gets a confirmation, in words of ours and in no account's records"
    ),
    # Numbers
    # Numbers
    Behaviour(
        "numbers-search", "documented", "§8.3", "search by digits, place, type and country; order_by with asc or desc"
    ),
    Behaviour(
        "numbers-links",
        "documented",
        "§8.1, §8.2, §8.3",
        "links.self and links.next repeat the filters; no next at the end",
    ),
    Behaviour(
        "numbers-country-code",
        "observed",
        "§8.3",
        "starts_with without 1 gets it, in the links too; + names another country",
    ),
    Behaviour("numbers-cost-echo", "observed", "§8.1", "the links show the whole dollars of max_setup_cost alone"),
    Behaviour(
        "numbers-limits",
        "documented",
        "§8.1, §8.2, §8.3",
        "10 unless limit says otherwise; 200 at most, 400 area codes",
    ),
    Behaviour("numbers-mistakes", "assumed", "§8", "a value that is out of range or unknown is 422 and named"),
    Behaviour("numbers-tiers", "documented", "§8.3", "tiers have an id and a link; the filter by tier is assumed"),
    Behaviour(
        "numbers-stock", "assumed", "§8", "on sale is NPA-555-0100 to 0199 of 145 area codes and three toll-free ones"
    ),
    Behaviour(
        "numbers-prices", "observed", "§8.3, §8.4", "$1.25 a month and $1 once; the toll-free prices are made up"
    ),
    Behaviour("numbers-pool", "assumed", "§8.4", "what one account buys is gone for all, and back when it is released"),
    Behaviour(
        "numbers-buy", "documented", "§8.4", "a purchase needs no body and answers 201; what is not on sale is 404"
    ),
    Behaviour(
        "numbers-207",
        "documented",
        "§8.4, §8.5",
        "207 where messaging could not be started: here, numbers ending in 0177",
    ),
    Behaviour(
        "numbers-fresh",
        "documented",
        "§7, §8.5",
        "a bought number cannot text until messaging is on, and is not registered",
    ),
    Behaviour("numbers-list", "documented", "§8.5", "an account's numbers, by digits or by their whole alias"),
    Behaviour(
        "numbers-change",
        "documented",
        "§8.5",
        "PATCH sets alias, cnam_lookups_enabled and messaging_enabled, flat or JSON:API",
    ),
    Behaviour("numbers-release", "documented", "§8.5", "DELETE answers 204"),
    Behaviour(
        "numbers-provision",
        "documented",
        "§8.4, §8.5",
        "a task for one number has status and tn; for more, numbers by status",
    ),
    Behaviour(
        "numbers-provision-time",
        "assumed",
        "§8.4",
        "on after 2 s by the clock, off at once; nobody is told by e-mail or callback",
    ),
    # Faults and the server
    Behaviour(
        "faults", "assumed", "§4.2", "the fault menu strikes before every other check, never the controls or the page"
    ),
    Behaviour("fault-errors", "documented", "§4.2", "500, 503 and 429 on demand; nothing is carried out"),
    Behaviour("fault-cut-before", "assumed", "§2.4", "connection reset, or no answer: nothing was carried out"),
    Behaviour("fault-cut-after", "assumed", "§2.4", "connection reset after the message was accepted"),
    Behaviour("fault-bodies", "assumed", "§4.1", "carried out, but the body is HTML or breaks off in the middle"),
    Behaviour("fault-latency", "assumed", "§2.4", "carried out at once, answered later"),
    Behaviour("slashes-in-front", "assumed", "§1", "several slashes at the beginning of a path are one"),
)
