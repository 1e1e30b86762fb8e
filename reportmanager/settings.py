"""Settings, from the environment alone. Each variable is described in ``docs/configuration.md``.

A missing or malformed variable stops the start with its name (``reportmanager.environment``).
"""

from __future__ import annotations

from pathlib import Path

import django_stubs_ext

from reportmanager.environment import Environment

django_stubs_ext.monkeypatch()

BASE_DIR = Path(__file__).resolve().parent.parent
env = Environment(BASE_DIR)

MODE = env.choice("RM_MODE", ("demo", "production"), default="demo")
PRODUCTION = MODE == "production"
DATA_DIR = env.directory("RM_DATA_DIR", default=BASE_DIR / "var")
DEBUG = False

SECRET_KEY, SECRET_KEY_FALLBACKS = env.keys("SECRET_KEY", DATA_DIR, required=PRODUCTION)
FIELD_KEYS = env.field_keys("FIELD_KEYS", DATA_DIR, required=PRODUCTION)
ALLOWED_HOSTS = env.names("ALLOWED_HOSTS", default=["127.0.0.1", "localhost", "[::1]"])
HOST = env.text("HOST", default="127.0.0.1")
PORT = env.integer("PORT", default=8000, minimum=1, maximum=65535)
BASE_URL = env.url("BASE_URL", default=f"http://{HOST}:{PORT}")
REDIS_URL = env.text("REDIS_URL", default="")

MAX_UPLOAD_MB = env.integer("MAX_UPLOAD_MB", default=200, minimum=1)
MAX_LOG_BYTES = env.integer("MAX_LOG_BYTES", default=524_288, minimum=1024)
SESSION_TIMEOUT_MINUTES = env.integer("SESSION_TIMEOUT_MINUTES", default=30, minimum=1)
MAX_CONTEXT_MESSAGES = env.integer("MAX_CONTEXT_MESSAGES", default=20, minimum=1)
ENABLE_WEBSOCKET = env.boolean("ENABLE_WEBSOCKET", default=True)
LOG_LEVEL = env.choice("LOG_LEVEL", ("DEBUG", "INFO", "WARNING", "ERROR"), default="INFO")
OLLAMA_URL = env.url("OLLAMA_URL", default="http://127.0.0.1:11434")
LLM_ALLOWED_HOSTS = env.names("LLM_ALLOWED_HOSTS", default=[])
LLM_REGISTRIES = env.names("LLM_REGISTRIES", default=["registry.ollama.ai"])
LLM_BUDGETS = env.seconds(
    "LLM_BUDGETS", default="chat=300,extract=25,title=20,summary=60,sql=60,embed=30"
)
LLM_CONNECT_SECONDS = env.number("LLM_CONNECT_SECONDS", default=2.0, minimum=0.1)
LLM_FIRST_TOKEN_SECONDS = env.number("LLM_FIRST_TOKEN_SECONDS", default=60.0, minimum=1.0)
LLM_HEALTH_SECONDS = env.number("LLM_HEALTH_SECONDS", default=60.0, minimum=5.0)
LLM_CALL_DAYS = 90
SCHEDULER_INTERVAL = env.number("SCHEDULER_INTERVAL", default=5.0, minimum=0.1)
JOB_LEASE = env.number("JOB_LEASE", default=30.0, minimum=1.0)
JOB_THREADS = env.integer("JOB_THREADS", default=2, minimum=1)
JOB_TRANSFERS = env.integer("JOB_TRANSFERS", default=4, minimum=1)
JOB_POLL = env.number("JOB_POLL", default=1.0, minimum=0.05)
WIZARD_PLAN_MINUTES = 30
UPLOAD_HOURS = 24
TRASH_DAYS = 30
JOB_DAYS = 30
QUERY_ROW_CAP = 10_000
QUERY_SECONDS = env.number("QUERY_SECONDS", default=30.0, minimum=1.0)
QUERY_WORKERS = env.integer("QUERY_WORKERS", default=4, minimum=1)
RM_FILE_ROOTS = env.names("RM_FILE_ROOTS", default=[])
DEMO_PASSWORD = env.text("DEMO_PASSWORD", default="demo-password")
RATE_LIMITS = env.rates("RATE_LIMITS", default="10/second,60/minute,1000/hour")
LOGIN_ATTEMPTS = {"account": 10, "address": 50, "minutes": 15}

INSTALLED_APPS = [
    "daphne",
    "accounts.apps.AdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "channels",
    "django_htmx",
    "template_partials",
    "csp",
    "ninja",
    "common.apps.CommonConfig",
    "common.jobs.apps.JobsConfig",
    "accounts.apps.AccountsConfig",
    "catalog.apps.CatalogConfig",
    "llm.apps.LlmConfig",
    "wizard.apps.WizardConfig",
    "reportmanager.apps.ReportManagerConfig",
]
if REDIS_URL:
    INSTALLED_APPS.append("django_rq")

MIDDLEWARE = [
    "common.http.middleware.trace",
    "common.http.middleware.no_null_characters",
    "common.http.middleware.problem_pages",
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "accounts.middleware.login_required",
    "accounts.middleware.preferences",
]

ROOT_URLCONF = "reportmanager.urls"
ASGI_APPLICATION = "reportmanager.asgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "common.shell.context",
            ],
            "builtins": [
                "template_partials.templatetags.partials",
                "common.templatetags.ui",
            ],
        },
    }
]

DATABASES = {"default": env.database("DATABASE_URL", DATA_DIR)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["accounts.backends.EmailBackend", "accounts.backends.ObjectPermissions"]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 10},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "accounts:login"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "accounts:login"

CHANNEL_LAYERS = {
    "default": {
        "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
        "CONFIG": {"hosts": [REDIS_URL]},
    }
    if REDIS_URL
    else {"BACKEND": "channels.layers.InMemoryChannelLayer", "CONFIG": {"capacity": 1000}}
}
# In memory, results (up to 2 MiB each) have a cache of their own: as many as counters would be
# gigabytes, and they would drive the counters of logins and rates out. So would vectors of texts
# and answers of models, which are many and small.
CACHES = {
    name: {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS_URL}
    if REDIS_URL
    else {
        "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
        "LOCATION": name,
        "OPTIONS": {"MAX_ENTRIES": entries},
    }
    for name, entries in (("default", 10_000), ("results", 100), ("answers", 5000))
}
if REDIS_URL:
    RQ_QUEUES = {"default": {"URL": REDIS_URL, "DEFAULT_TIMEOUT": 3600}}

LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English")]
LOCALE_PATHS = [BASE_DIR / "locale"]
TIME_ZONE = "UTC"
USE_TZ = True
USE_THOUSAND_SEPARATOR = True

STATIC_URL = "static/"
STATIC_ROOT = Path(env.text("STATIC_ROOT", default=str(BASE_DIR / "staticfiles")))
STATICFILES_DIRS = [BASE_DIR / "static"]
HASHED_STATIC = env.boolean("HASHED_STATIC", default=True)
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "reportmanager.staticfiles.HashedStorage"},
}
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = not HASHED_STATIC
WHITENOISE_MAX_AGE = 0
WHITENOISE_ALLOW_ALL_ORIGINS = False
MEDIA_ROOT = DATA_DIR / "files"

SESSION_COOKIE_AGE = 14 * 24 * 3600
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "common.views.errors.csrf_failure"
CSRF_TRUSTED_ORIGINS = [BASE_URL]
SECURE_TLS = BASE_URL.startswith("https://")
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_TLS
SECURE_SSL_REDIRECT = SECURE_TLS
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]  # probes come from inside, without TLS
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if SECURE_TLS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = SECURE_TLS
SECURE_PROXY_SSL_HEADER = (
    ("HTTP_X_FORWARDED_PROTO", "https") if env.boolean("TRUST_PROXY", default=False) else None
)
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "font-src": ["'self'"],
        "connect-src": ["'self'"],
        "form-action": ["'self'"],
        "base-uri": ["'none'"],
        "frame-ancestors": ["'none'"],
        "manifest-src": ["'self'"],
    }
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 2**20
FILE_UPLOAD_MAX_MEMORY_SIZE = 2 * 2**20
FILE_UPLOAD_TEMP_DIR = None

EMAIL_CONFIG = env.email("EMAIL_URL")
vars().update(EMAIL_CONFIG)

LOGGING_CONFIG = "reportmanager.logs.configure"
LOGGING = {"level": LOG_LEVEL, "json": PRODUCTION}
SILENCED_SYSTEM_CHECKS: list[str] = []
