"""Sign in through the district's own identity provider (OpenID Connect, authorisation code with PKCE)."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin

from gis.errors import InputError, NotFoundError, SetupError
from gis.identity.actions import Action
from gis.nouns import Actor
from gis.store.audit.record import record
from gis.store.identity.users import change_account, find_account, find_account_of
from gis.workflows.identity.begin import begin_session
from gis.workflows.identity.sign_in import Refused, as_login

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from gis.settings import Settings
    from gis.store.identity.tables import UserRow
    from gis.workflows.identity.begin import Begun, Device

SCOPE = "openid profile"
CALLBACK = "/v1/oidc/callback"
PROVIDER_TIMEOUT_S = 10
# What signs tokens; a token signed by a shared secret, or by nothing, proves nothing to us.
ALGORITHMS = ["RS256", "PS256", "ES256", "EdDSA"]
CLOCKS_DIFFER_S = 60
NO_ACCOUNT = "no account"


@dataclass(frozen=True, slots=True)
class Attempt:
    """A sign-in that is under way at the provider; kept by the browser it began in."""

    state: str
    nonce: str
    verifier: str


@dataclass(frozen=True, slots=True)
class Vouched:
    """Whom the provider vouches for."""

    issuer: str
    subject: str
    login: str


class Provider:
    """The identity provider of the settings.

    Args:
        settings: Name it, and this service to it.

    Raises:
        NotFoundError: No provider is set.
    """

    def __init__(self, settings: Settings) -> None:
        if not (settings.oidc_issuer and settings.oidc_client_id and settings.public_url):
            raise NotFoundError(
                "No identity provider is set: WANGGE_OIDC_ISSUER, WANGGE_OIDC_CLIENT_ID, WANGGE_PUBLIC_URL."
            )
        self._settings = settings

    def begin(self) -> tuple[str, Attempt]:
        """Return the provider's address to go to, and what tells the answer from a forged one."""
        attempt = Attempt(*(secrets.token_urlsafe(32) for _ in range(3)))
        with self._client() as client:
            address, _ = client.create_authorization_url(
                self._metadata["authorization_endpoint"],
                state=attempt.state,
                nonce=attempt.nonce,
                code_verifier=attempt.verifier,
            )
        return address, attempt

    def finish(self, code: str, attempt: Attempt) -> Vouched:
        """Return whom the provider vouches for.

        1. The code is exchanged with the verifier that only the browser of this attempt had.
        2. The identity token is signed by a key of the provider, for us and this attempt, and is fresh.

        Raises:
            InputError: The provider refuses the code, or the token is not good.
        """
        from authlib.integrations.base_client import OAuthError  # noqa: PLC0415 - an extra
        from joserfc import jwt  # noqa: PLC0415 - likewise
        from joserfc.errors import JoseError  # noqa: PLC0415 - likewise
        from joserfc.jwk import KeySet  # noqa: PLC0415 - likewise

        try:
            with self._client() as client:  # 1
                token = client.fetch_token(
                    self._metadata["token_endpoint"], code=code, code_verifier=attempt.verifier
                )
                keys = KeySet.import_key_set(
                    client.get(self._metadata["jwks_uri"], withhold_token=True).json()
                )
            decoded = jwt.decode(token["id_token"], keys, algorithms=ALGORITHMS)  # 2
            jwt.JWTClaimsRegistry(
                leeway=CLOCKS_DIFFER_S,
                iss={"essential": True, "value": self._metadata["issuer"]},
                aud={"essential": True, "value": self._settings.oidc_client_id},
                nonce={"essential": True, "value": attempt.nonce},
                exp={"essential": True},
                sub={"essential": True},
            ).validate(decoded.claims)
        except (OAuthError, JoseError, KeyError, ValueError, OSError) as error:
            raise InputError("The identity provider's answer is not good; begin again.") from error
        claims = decoded.claims
        login = str(claims.get(self._settings.oidc_login_claim, ""))
        return Vouched(self._metadata["issuer"], str(claims["sub"]), login)

    @cached_property
    def _metadata(self) -> dict[str, Any]:
        import requests  # noqa: PLC0415 - an extra

        issuer = self._settings.oidc_issuer.rstrip("/")
        try:
            answer = requests.get(f"{issuer}/.well-known/openid-configuration", timeout=PROVIDER_TIMEOUT_S)
            answer.raise_for_status()
            found: dict[str, Any] = answer.json()
        except (requests.RequestException, ValueError) as error:
            raise SetupError(f"The identity provider {issuer} does not answer; ask its operator.") from error
        if found.get("issuer", "").rstrip("/") != issuer:
            raise SetupError(f"The identity provider at {issuer} says it is {found.get('issuer')!r}.")
        return found

    def _client(self) -> Any:  # noqa: ANN401 - a class of an extra
        try:
            from authlib.integrations.requests_client import OAuth2Session  # noqa: PLC0415 - an extra
        except ImportError as error:
            raise SetupError("Signing in through a provider needs `pip install 'wangge[oidc]'`.") from error
        return OAuth2Session(
            self._settings.oidc_client_id,
            self._settings.oidc_client_secret,
            scope=SCOPE,
            redirect_uri=urljoin(self._settings.public_url, CALLBACK),
            code_challenge_method="S256",
            default_timeout=PROVIDER_TIMEOUT_S,
        )


def sign_in_vouched(
    session: Session, vouched: Vouched, device: Device, settings: Settings, now: datetime
) -> Begun | Refused:
    """Begin a session for whom the provider vouches for.

    1. The first time, the account of the same log-in name is tied to the provider's lasting subject; from
       then on only the subject counts. Nobody gets an account by having one at the provider.
    2. An account with a password is not tied: whoever can choose a name at the provider would take it. A new
       one-time secret takes the password away first.
    3. A tie ends the one-time secret: an account that is tied has no password, and gets none.
    """
    account = find_account_of(session, vouched.issuer, vouched.subject)
    if account is None and vouched.login:
        account = find_account(session, as_login(vouched.login))
    reason = reason_against(account, vouched)
    if account is None or reason is not None:
        refused = Refused(reason or NO_ACCOUNT)
        who = Actor("?" if account is None else account.login, address=device.address)
        detail = {"reason": refused.reason, "by": "provider"}
        record(session, who, Action.SIGN_IN_REFUSE, detail=detail)
        return refused
    if account.subject is None:
        tie(session, account, vouched, device)
    return begin_session(session, account, device, settings, now)


def reason_against(account: UserRow | None, vouched: Vouched) -> str | None:
    """Return why an account, found by its subject or else by its name, is not let in; None: it is."""
    tied_to = None if account is None or account.subject is None else (account.issuer, account.subject)
    if account is None or tied_to not in {None, (vouched.issuer, vouched.subject)}:
        return NO_ACCOUNT
    if account.disabled_at is not None:
        return "disabled"
    return "has a password" if tied_to is None and account.password is not None else None


def tie(session: Session, account: UserRow, vouched: Vouched, device: Device) -> None:
    """Tie an account to the provider's subject, for good."""
    change_account(
        session,
        account.id,
        issuer=vouched.issuer,
        subject=vouched.subject,
        secret_sha256=None,
        secret_until=None,
    )
    who = Actor(account.login, user_id=account.id, address=device.address)
    detail = {"issuer": vouched.issuer}
    record(session, who, Action.PROVIDER_TIE, subject=("user", account.id), detail=detail)
