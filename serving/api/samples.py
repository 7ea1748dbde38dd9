"""What the documentation's examples hold, so that each can be sent as it stands."""

from __future__ import annotations

RECEIPT = (
    "iVBORw0KGgoAAAANSUhEUgAAANwAAACWAQAAAACd4tsmAAAC90lEQVR42u2XzWsTQRiHn93EumjEEBBSELIIfoFYjwWLXagHUZH8CfXqSURQ"
    "pNWpFqkg0oMHPZmjBxFFkaIWS6kQPaU9iHjQbBEb0ZZEF0m22R0P+ZrNJiqeBDOnnX12Zn+z+3vnfUeTdG0lnV+0Hvw99Mys3W84cvxjbjoM"
    "s2y0y11GuvFY4zIZgk51rtERYUGxPbVLSbqDWr+SMgCdavtL5YrUViryuz/26UREBlpRB2es9phGOTRtLNKwke+HoF/UAbRZrGgIbh4UQhpe"
    "/ChauxO1njX/bShgrh2WTHJgl6yKtCrD8UlbhZG7AGvnPpz3efb+7f2vLfdGwVxYmEmSFVWJM775SCJo6jdHHkNcxGsWeiQCgkx5aBQvBfIW"
    "mlgPqrWIQgSADG4iOHKKSWAUkBZO2zpnuAg5H6QvKAShAy6YAB7kgrBQ1uYzA4MZwI04mf3qO710unycxLUh8Fd37J7f1snxZYNqtJvjDYj2"
    "3Pc/w1Jc7VesiYqlRFlRhev51PqoMq1MHX69sFzyTABHmM4BBfoPfvjvvvwYf1C7sxwUlBwx7ugTT5MASQJR5sVvgV4Zq+8HmR2q4yPfpmG+"
    "f0vtnrSswLTaDAxvv1Eb6Ysg9Ezwlj7X+p6a7XSAWU5CXwHAdd9fzymCEns2sStxbSQNsGru3JBpJTop/UuyYyv+/V/ppasGtH5RDyndrI2S"
    "HnS8rALn1sSTNaHWQ1Ne0475xRcji3NqPXTPW+1cEekQs9yc6KpWOFpntVEgHrO7rvP76XKq27SxKPtkN+gXi30HmnBg7+xA64PJaioyZDfc"
    "uJJfuZJvWrNnsB78I2gbk7YxnWPibEEja8toy8QRsbU6c8YzzGT+lPtq+WP/7eHU7br9KjpwmPp5Qye/hFCjDP+yaEaXgKmQoHR9D2eUryFY"
    "BVvwEnxxtR3KaUgJDoKnhdfZPG+4XhDqF0X9vKGDo7eNfF6L4b4CgkLhwoClJp1jaLJk2VfSwMOJm62qsBdl/xH8CTWmWZXKwddzAAAAAElF"
    "TkSuQmCC"
)
"""A small receipt as a PNG, in base64."""

FILE = {"name": "lunch.png", "content": RECEIPT}

IDEMPOTENCY_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "A name of your choosing for this request. The same request again under it gives the same answer, "
    "and its work is done once; another request under it is refused.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"},
}
