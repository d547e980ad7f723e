"""Django's settings, all derived from config/environment.py. Nothing here is read from anywhere else."""

from __future__ import annotations

from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

from dunlin.config.checks import unsafe
from dunlin.config.databases import database_settings
from dunlin.config.environment import Environment
from dunlin.config.logs import logging_settings

ENVIRONMENT = Environment()  # type: ignore[call-arg]  # read from the environment
PACKAGE = Path(__file__).resolve().parent.parent
DATA_DIR = ENVIRONMENT.data_dir.resolve()

# Production does not start with a setting that must not go live; `dunlin check` lists them beforehand.
UNSAFE = unsafe(ENVIRONMENT)
if ENVIRONMENT.mode == "production" and UNSAFE:
    raise ImproperlyConfigured("\n".join(f"{variable} {sentence}" for variable, sentence in UNSAFE))

DEBUG = False
SECRET_KEY = ENVIRONMENT.secret_key.get_secret_value()
# Without a key of its own, bank details are locked with one that follows from the secret key.
DATA_KEY = ENVIRONMENT.data_key.get_secret_value() or f"of the secret key: {SECRET_KEY}".replace(",", ";")
ALLOWED_HOSTS = ENVIRONMENT.hosts
CSRF_TRUSTED_ORIGINS = ENVIRONMENT.origins

DATABASES = {"default": database_settings(ENVIRONMENT.database)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
AUTH_USER_MODEL = "records.User"

INSTALLED_APPS = [
    "dunlin.records",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django_htmx",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "django_q",
]

MIDDLEWARE = [
    "dunlin.config.requests.RequestIds",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.gzip.GZipMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "dunlin.config.requests.ContentSecurityPolicy",
    "dunlin.desk.doors.Door",
    "dunlin.portal.doors.Door",
]

ROOT_URLCONF = "dunlin.config.urls"
WSGI_APPLICATION = "dunlin.config.wsgi.application"

_CONTEXT = [
    "django.template.context_processors.request",
    "django.contrib.auth.context_processors.auth",
    "django.contrib.messages.context_processors.messages",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.jinja2.Jinja2",
        "DIRS": [PACKAGE / "desk" / "pages"],
        "OPTIONS": {
            "environment": "dunlin.desk.pages.environment",
            "context_processors": ["dunlin.desk.pages.context"],
        },
    },
    {
        "BACKEND": "django.template.backends.jinja2.Jinja2",
        "NAME": "portal",
        "DIRS": [PACKAGE / "portal" / "pages"],
        "OPTIONS": {
            "environment": "dunlin.portal.pages.environment",
            "context_processors": ["dunlin.portal.pages.context"],
        },
    },
    {
        # Only for the pages of the sign-in library that Dunlin does not draw itself.
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [PACKAGE / "desk" / "library_pages"],
        "APP_DIRS": True,
        "OPTIONS": {"context_processors": _CONTEXT},
    },
]

USE_TZ = True
TIME_ZONE = "UTC"
LANGUAGE_CODE = "en-us"
USE_I18N = True
LOCALE_PATHS = [PACKAGE / "desk" / "words"]  # the words of the sign-in library in our voice

STATIC_URL = "/static/"
STATIC_ROOT = DATA_DIR / "static"
STATICFILES_DIRS = [PACKAGE / "desk" / "static", PACKAGE / "portal" / "static"]
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = False
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
MEDIA_ROOT = DATA_DIR / "files"
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2000
FILE_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024

AUTHENTICATION_BACKENDS = [
    "django.contrib.auth.backends.ModelBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
]
LOGIN_URL = "/sign-in/login/"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "/sign-in/login/"
ACCOUNT_ADAPTER = "dunlin.desk.sign_in.Adapter"
ACCOUNT_LOGIN_METHODS = {"username", "email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "username*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_LOGIN_BY_CODE_ENABLED = True
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_DEFAULT_HTTP_PROTOCOL = "https" if ENVIRONMENT.behind_https_proxy else "http"
# An administrator vouches for addresses; the library would otherwise refuse a second step until each is verified by mail.
MFA_ALLOW_UNVERIFIED_EMAIL = True
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes", "webauthn"]
SOCIALACCOUNT_ONLY = False
SOCIALACCOUNT_PROVIDERS = (
    {
        "openid_connect": {
            "APPS": [
                {
                    "provider_id": "company",
                    "name": "your company account",
                    "client_id": ENVIRONMENT.oidc_client_id,
                    "secret": ENVIRONMENT.oidc_client_secret.get_secret_value(),
                    "settings": {"server_url": ENVIRONMENT.oidc_url},
                }
            ]
        }
    }
    if ENVIRONMENT.oidc_url
    else {}
)
SOCIALACCOUNT_ADAPTER = "dunlin.desk.sign_in.CompanyAccounts"

SESSION_COOKIE_AGE = 12 * 3600
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "dunlin.config.problems.without_token"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = ENVIRONMENT.behind_https_proxy
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if ENVIRONMENT.behind_https_proxy else None
SECURE_HSTS_SECONDS = 31_536_000 if ENVIRONMENT.behind_https_proxy else 0
SECURE_SSL_REDIRECT = ENVIRONMENT.behind_https_proxy
SECURE_REDIRECT_EXEMPT = [r"^healthz$"]
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}

Q_CLUSTER = {
    "name": "dunlin",
    "orm": "default",
    "workers": ENVIRONMENT.job_workers,
    "timeout": 3600,
    # A job killed half-way is handed out again after this long; jobs are idempotent sweeps, so that is safe.
    "retry": 3700,
    "max_attempts": 5,
    "ack_failures": True,
    "poll": 1.0,
    "save_limit": 500,
    "catch_up": True,
    "label": "Jobs",
}

SMTP = ENVIRONMENT.smtp
EMAIL_BACKEND = (
    "django.core.mail.backends.smtp.EmailBackend"
    if SMTP
    else "django.core.mail.backends.console.EmailBackend"
)
if SMTP:
    EMAIL_HOST, EMAIL_PORT = SMTP["host"], SMTP["port"]
    EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = SMTP["user"], SMTP["password"]
    EMAIL_USE_TLS, EMAIL_USE_SSL = SMTP["security"] == "starttls", SMTP["security"] == "tls"
    EMAIL_TIMEOUT = 30
MAIL_ARCHIVE = ENVIRONMENT.mail_archive
MAIL_DOMAIN = ENVIRONMENT.message_domain
PORTAL_URL = ENVIRONMENT.portal
STRIPE = ENVIRONMENT.stripe
DEFAULT_FROM_EMAIL = SERVER_EMAIL = ENVIRONMENT.mail_from

LOGGING_CONFIG = "logging.config.dictConfig"
LOGGING = logging_settings(ENVIRONMENT.log_format, ENVIRONMENT.log_level)
SILENCED_SYSTEM_CHECKS: list[str] = []
