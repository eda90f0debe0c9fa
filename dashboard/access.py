"""Who may look: whoever has the token, if the server was started with one (`mosecrot dashboard --token`)."""

import hmac
import os

import streamlit as st

from mosecrot_core.runs.serving import LOOPBACK, TOKEN_VARIABLE

_GRANTED, _PARAMETER = "granted", "access"


def granted() -> bool:
    """Say whether this session may look; if not, ask for the token."""
    wanted = os.environ.get(TOKEN_VARIABLE, "")
    if not wanted or st.session_state.get(_GRANTED):
        return True
    if _is(st.query_params.get(_PARAMETER, ""), wanted):
        del st.query_params[_PARAMETER]  # links that are passed on do not hold it
        st.session_state[_GRANTED] = True
        return True
    st.title("Whose is this?", anchor=False)
    st.text("This dashboard asks for the token that mosecrot printed when it was started.")
    typed = st.text_input("Token", type="password", key="typed-token", max_chars=200)
    if typed and _is(typed, wanted):
        st.session_state[_GRANTED] = True
        st.rerun()
    if typed:
        st.text("That is not it.")
    return False


def is_private() -> bool:
    """Say whether only this machine can reach the dashboard."""
    return st.get_option("server.address") in LOOPBACK


def _is(given: str, wanted: str) -> bool:
    return hmac.compare_digest(given.encode(), wanted.encode())
