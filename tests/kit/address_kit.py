"""Addresses with secrets in every position, and the search for parts of them."""

from hypothesis import strategies as st

from vision.common import redaction

PARTS = ("Kw7xQ", "Zq9vJ", "Hb4mT")
"""A secret is made of some of them and of what separates the parts of an address."""
SEPARATORS = "#/?@:&=;%[]!$*+,'\"()_.-\\"
HOSTS = ("192.0.2.7", "[2001:db8::7]", "camera-7.example.org", "nvr")

secrets = st.tuples(st.sampled_from(PARTS), st.text(SEPARATORS, min_size=1, max_size=2), st.sampled_from(PARTS)).map(
    "".join
)


def addresses(scheme: str = "rtsp") -> st.SearchStrategy[str]:
    """Addresses with a secret in one or several positions."""
    host, port = st.sampled_from(HOSTS), st.sampled_from(("", ":554"))
    user_infos = st.one_of(
        st.builds("{}:{}@".format, secrets, secrets),
        st.builds("admin:{}@".format, secrets),
        st.builds("admin:12{}@".format, secrets),
        st.builds(":{}@".format, secrets),
    )
    paths = st.one_of(
        st.just("/s"),
        st.builds("/user=admin_password={}_channel=1_stream=0.sdp".format, secrets),
        st.builds("/user={0}&password={0}&channel=1".format, secrets),
        st.builds("/cam/login={}/live".format, secrets),
    )
    queries = st.one_of(st.just(""), st.builds("?token={}&channel=1".format, secrets), st.builds("?{}".format, secrets))
    built = st.one_of(
        st.builds("{}://{}{}{}{}".format, st.just(scheme), user_infos, host, port, st.just("/s")),
        st.builds("{}://{}{}{}{}".format, st.just(scheme), host, port, paths, queries),
        st.builds("{}://{}{}{}{}{}".format, st.just(scheme), user_infos, host, port, paths, queries),
    )
    return built.filter(leaks).map(_as_the_first)


def _as_the_first(url: str) -> str:
    """The address, while no secret is known from an example before."""
    for known in redaction._known.values():
        known.clear()
    return url


def leaks(text: str) -> list[str]:
    return [part for part in PARTS if part in text]
