"""The demo workspace: two organisations, their people, and a believable catalog on real data.

Everything goes through the product's own intake and actions, as a person would make it.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings
from django.contrib.auth.models import Group

from accounts.actions.organizations import add_default_project
from accounts.models import Organization, Project, User
from accounts.roles import ADMIN, ANALYST, VIEWER
from catalog.actions.dashboards import WidgetInput, create_dashboard
from catalog.actions.reports import create_report
from catalog.actions.schedules import create_schedule
from catalog.actions.sources import create_source, prepare_source
from catalog.actions.uploads import receive_upload
from catalog.charts.layout import layout
from catalog.charts.spec import ChartKind, ChartSpec
from catalog.models import Dashboard, DataSource, Report
from catalog.query.spec import Aggregate, Dimension, Grain, Join, Measure, ReportQuery, Sort
from llm.models import Provider
from reportmanager.demo import spreadsheet

ACCOUNTS = (
    ("Demo", "admin@demo.example", "Ada Admin", ADMIN),
    ("Demo", "analyst@demo.example", "Anna Analyst", ANALYST),
    ("Demo", "viewer@demo.example", "Victor Viewer", VIEWER),
    ("Other", "analyst@other.example", "Otto Other", ANALYST),
)


@dataclass(frozen=True, slots=True)
class Recipe:
    """One report of the demo: what it asks and how it is drawn."""

    name: str
    description: str
    query: ReportQuery
    chart: ChartSpec

    @property
    def widget_kind(self) -> str:
        kind = self.chart.kind.value
        return kind if kind in {"table", "number"} else "chart"


def build() -> bool:
    """Make what is missing; false when the workspace was there already."""
    for organization, email, name, role in ACCOUNTS:
        _account(organization, email, name, role)
    # Whoever tries the demo also runs it: its Admin may download and delete models.
    Provider.objects.filter(builtin=True).update(shared_management=True)
    analyst = User.objects.get(email="analyst@demo.example")
    if DataSource.objects.filter(organization=analyst.organization).exists():
        return False
    music = _source(
        analyst,
        "chinook.sqlite",
        (spreadsheet.DATA / "chinook.sqlite").read_bytes(),
        "Chinook music shop",
        "A digital music shop: artists, tracks, customers and their invoices.",
    )
    jobs = _source(
        analyst,
        spreadsheet.NAME,
        spreadsheet.workbook(),
        "US employment",
        "Employees by industry, monthly, in thousands (U.S. Bureau of Labor Statistics).",
        sheet="By sector",
    )
    sales = _dashboard(analyst, music, "Music sales", "How the music shop is doing.", MUSIC)
    _dashboard(analyst, jobs, "US employment", "Ten years of employment by sector.", EMPLOYMENT)
    create_schedule(
        actor=analyst,
        project=_home(analyst),
        name="Music sales every morning",
        cron="0 7 * * *",
        timezone="Europe/Berlin",
        dashboard=sales,
    )
    return True


def _account(organization: str, email: str, name: str, role: str) -> None:
    owner, created = Organization.objects.get_or_create(
        name=organization, defaults={"slug": organization.lower()}
    )
    if created:
        add_default_project(owner)
    if User.objects.filter(email=email).exists():
        return
    user = User.objects.create_user(
        email,
        settings.DEMO_PASSWORD,
        name=name,
        organization=owner,
        is_staff=role == ADMIN,
    )
    user.groups.set([Group.objects.get(name=role)])


def _source(
    actor: User, file_name: str, content: bytes, name: str, description: str, sheet: str = ""
) -> DataSource:
    upload = receive_upload(actor=actor, name=file_name, chunks=[content])
    options = {"sheet": sheet} if sheet else None
    prepared = prepare_source(actor=actor, upload=upload, options=options)
    return create_source(
        actor=actor, project=_home(actor), name=name, description=description, prepared=prepared
    )


def _dashboard(
    actor: User, source: DataSource, name: str, description: str, recipes: tuple[Recipe, ...]
) -> Dashboard:
    reports = [_report(actor, source, recipe) for recipe in recipes]
    kinds = [recipe.widget_kind for recipe in recipes]
    widgets = [
        WidgetInput(kind=kind, report=report.pk, x=x, y=y, w=w, h=h)
        for kind, report, (x, y, w, h) in zip(kinds, reports, layout(kinds), strict=True)
    ]
    return create_dashboard(
        actor=actor, project=_home(actor), name=name, description=description, widgets=widgets
    )


def _report(actor: User, source: DataSource, recipe: Recipe) -> Report:
    query = recipe.query
    if query.table == "data":
        query = query.model_copy(update={"table": source.tables.get().name})
    return create_report(
        actor=actor,
        project=_home(actor),
        name=recipe.name,
        description=recipe.description,
        source=source,
        query=query,
        chart=recipe.chart,
    )


def _home(actor: User) -> Project:
    assert actor.organization is not None  # noqa: S101  (demo accounts have one)
    return actor.organization.default_project


_REVENUE = Measure(aggregate=Aggregate.SUM, column="Total", label="Revenue")
_EMPLOYEES = Measure(
    aggregate=Aggregate.SUM, column="employees_thousands", label="Employees (thousands)"
)
_LARGEST = (Sort(by="m1", direction="desc"),)

MUSIC: tuple[Recipe, ...] = (
    Recipe(
        "Revenue in all",
        "All invoices added up.",
        ReportQuery(table="Invoice", measures=(_REVENUE,)),
        ChartSpec(kind=ChartKind.NUMBER, number_format="currency", currency="USD"),
    ),
    Recipe(
        "Number of invoices",
        "How often something was bought.",
        ReportQuery(
            table="Invoice", measures=(Measure(aggregate=Aggregate.COUNT, label="Invoices"),)
        ),
        ChartSpec(kind=ChartKind.NUMBER),
    ),
    Recipe(
        "Customers who bought",
        "Different customers with at least one invoice.",
        ReportQuery(
            table="Invoice",
            measures=(
                Measure(aggregate=Aggregate.COUNT_DISTINCT, column="CustomerId", label="Customers"),
            ),
        ),
        ChartSpec(kind=ChartKind.NUMBER),
    ),
    Recipe(
        "Revenue by month",
        "Invoices by the month they were written.",
        ReportQuery(
            table="Invoice",
            dimensions=(Dimension(column="InvoiceDate", grain=Grain.MONTH, label="Month"),),
            measures=(_REVENUE,),
        ),
        ChartSpec(kind=ChartKind.LINE, number_format="currency", currency="USD"),
    ),
    Recipe(
        "Revenue by country",
        "The ten countries with the most revenue.",
        ReportQuery(
            table="Invoice",
            dimensions=(Dimension(column="BillingCountry", label="Country"),),
            measures=(_REVENUE,),
            sort=_LARGEST,
            limit=10,
        ),
        ChartSpec(kind=ChartKind.BAR, horizontal=True, number_format="currency", currency="USD"),
    ),
    Recipe(
        "Tracks by genre",
        "How many tracks the shop has of each genre.",
        ReportQuery(
            table="Track",
            joins=(Join(table="Genre", left_column="GenreId", right_column="GenreId"),),
            dimensions=(Dimension(column="Genre.Name", label="Genre"),),
            measures=(Measure(aggregate=Aggregate.COUNT, label="Tracks"),),
            sort=_LARGEST,
        ),
        ChartSpec(kind=ChartKind.BAR, top_n=12),
    ),
    Recipe(
        "Tracks by media type",
        "In which format the tracks are sold.",
        ReportQuery(
            table="Track",
            joins=(Join(table="MediaType", left_column="MediaTypeId", right_column="MediaTypeId"),),
            dimensions=(Dimension(column="MediaType.Name", label="Media type"),),
            measures=(Measure(aggregate=Aggregate.COUNT, label="Tracks"),),
            sort=_LARGEST,
        ),
        ChartSpec(kind=ChartKind.PIE),
    ),
    Recipe(
        "Invoices by city",
        "Cities with their invoices and revenue.",
        ReportQuery(
            table="Invoice",
            dimensions=(
                Dimension(column="BillingCity", label="City"),
                Dimension(column="BillingCountry", label="Country"),
            ),
            measures=(Measure(aggregate=Aggregate.COUNT, label="Invoices"), _REVENUE),
            sort=(Sort(by="m2", direction="desc"),),
        ),
        ChartSpec(kind=ChartKind.TABLE, totals=True, decimals=2),
    ),
)
EMPLOYMENT: tuple[Recipe, ...] = (
    Recipe(
        "Employees over time",
        "All sectors together, month by month.",
        ReportQuery(
            table="data",
            dimensions=(Dimension(column="month", grain=Grain.MONTH, label="Month"),),
            measures=(_EMPLOYEES,),
        ),
        ChartSpec(kind=ChartKind.LINE),
    ),
    Recipe(
        "Employees by sector, yearly average",
        "The five largest sectors by year; the rest is not shown.",
        ReportQuery(
            table="data",
            dimensions=(
                Dimension(column="month", grain=Grain.YEAR, label="Year"),
                Dimension(column="sector", label="Sector"),
            ),
            measures=(
                Measure(
                    aggregate=Aggregate.AVG,
                    column="employees_thousands",
                    label="Employees (thousands)",
                ),
            ),
            series="d2",
        ),
        ChartSpec(kind=ChartKind.LINE, series="d2"),
    ),
    Recipe(
        "Largest sectors",
        "Average number of employees over the ten years.",
        ReportQuery(
            table="data",
            dimensions=(Dimension(column="sector", label="Sector"),),
            measures=(
                Measure(
                    aggregate=Aggregate.AVG,
                    column="employees_thousands",
                    label="Employees (thousands)",
                ),
            ),
            sort=_LARGEST,
        ),
        ChartSpec(kind=ChartKind.BAR, horizontal=True),
    ),
    Recipe(
        "Sectors compared",
        "Smallest, average and largest month of each sector.",
        ReportQuery(
            table="data",
            dimensions=(Dimension(column="sector", label="Sector"),),
            measures=tuple(
                Measure(aggregate=aggregate, column="employees_thousands", label=label)
                for aggregate, label in (
                    (Aggregate.MIN, "Smallest"),
                    (Aggregate.AVG, "Average"),
                    (Aggregate.MAX, "Largest"),
                )
            ),
            sort=(Sort(by="m2", direction="desc"),),
        ),
        ChartSpec(kind=ChartKind.TABLE, decimals=0),
    ),
)
