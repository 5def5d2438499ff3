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
    Behaviour("price-surcharge", "assumed", "§2.3", "the surcharge is $0.0030; a record's amount leaves it out"),
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
    # Lists
    Behaviour("list-needs-start", "documented", "§3.2", "start_date is required"),
    Behaviour("list-dates", "documented", "§3.2", "a day, or a day and time in UTC"),
    Behaviour("list-offset-dates", "observed", "§3.2", "dates with +00:00 too, since links.next is written so"),
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
    Behaviour("order-of-checks", "assumed", "§4.3", "404, 405, then 401, 429, 413, 415, 400, 422, 403"),
    Behaviour("slash-at-end", "assumed", "§1", "a slash at the end of a path changes nothing"),
    # Rate
    Behaviour("rate-limit", "documented", "§7, §10 row 29", "5 a second per key and endpoint; every attempt counts"),
    Behaviour("rate-window", "assumed", "§7, §12", "the first attempt opens a window of 1000 ms; GETs count as well"),
    # Life cycle
    Behaviour("receipts", "observed", "§6.2", "level 1 smsc submit without code, level 2 message buffered 1003"),
    Behaviour("receipt-delivered", "assumed", "§6.2, §6.3", "then delivered 1004, level 2"),
    Behaviour("receipt-times", "assumed", "§12", "0.3 s, 1.0 s and 1.5 s after the send; all at once with instant"),
    Behaviour("ends-buffered", "observed", "§6.2", "a message may end at 1003 for ever (by destination number)"),
    Behaviour(
        "receipt-failed", "assumed", "§6.2, §6.3", "1116 and 1150 come as failed, level 2 (by destination number)"
    ),
)
