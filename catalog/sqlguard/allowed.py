"""What SQL may be made of. A name that is not here is refused."""

from __future__ import annotations


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_STRUCTURE = """
    Select Union Except Intersect Subquery With CTE TableAlias From Join Where Group Having Qualify
    Order Ordered Limit Offset Fetch Distinct Table Column Identifier Star Alias Literal Boolean
    Null Paren Tuple Values Case If Cast TryCast DataType DataTypeParam Interval Var Window
    WindowSpec Filter WithinGroup IgnoreNulls RespectNulls Rollup Cube GroupingSets Placeholder
    National LimitOptions Collate AtTimeZone Escape IntervalSpan
"""
_OPERATORS = """
    Between In Exists Is Like ILike Glob Not And Or Xor EQ NEQ GT GTE LT LTE NullSafeEQ NullSafeNEQ
    Add Sub Mul Div IntDiv Mod Neg DPipe Any All BitwiseAnd BitwiseOr BitwiseXor BitwiseNot
    JSONExtract JSONExtractScalar JSONBExtract JSONBExtractScalar JSONPath JSONPathRoot JSONPathKey
    JSONPathSubscript Overlaps
"""
_AGGREGATES = """
    Sum Avg Min Max Count CountIf Median Mode Quantile ApproxQuantile PercentileCont PercentileDisc
    Stddev StddevPop StddevSamp Variance VariancePop Corr CovarPop CovarSamp Kurtosis Skewness
    RegrSlope RegrIntercept RegrR2 RegrCount First Last AnyValue ArgMax ArgMin ApproxDistinct
    GroupConcat ArrayAgg LogicalAnd LogicalOr RowNumber Rank DenseRank PercentRank CumeDist Ntile
    Lag Lead FirstValue LastValue NthValue Grouping GroupingId
"""
_TEXT = """
    Lower Upper Initcap Trim Length Substring SubstringIndex Left Right Concat ConcatWs Replace
    StrPosition StartsWith EndsWith Contains Reverse SplitPart RegexpLike RegexpILike RegexpExtract
    RegexpReplace RegexpSubstr RegexpFullMatch Ascii Chr Unicode Translate Levenshtein Soundex
"""
_NUMBERS = """
    Abs Round Ceil Floor Trunc Sqrt Cbrt Pow Exp Ln Log Sign Greatest Least Sin Cos Tan Asin Acos
    Atan Atan2 Cot Pi Degrees Radians SafeDivide ToNumber NumberToStr IsNan IsInf WidthBucket
    ToDouble
"""
_CHOICES = "Coalesce Nullif Nvl2 DecodeCase Decode EqualNull"
_DATES = """
    Date Datetime Timestamp Time CurrentDate CurrentTime CurrentTimestamp CurrentDatetime Localtime
    Localtimestamp UtcDate UtcTimestamp DateTrunc TimestampTrunc DatetimeTrunc TimeTrunc DateAdd
    DateSub DateDiff TimestampAdd TimestampSub TimestampDiff DatetimeAdd DatetimeSub DatetimeDiff
    TimeAdd TimeSub TimeDiff DateBin Extract Year YearOfWeek YearOfWeekIso Quarter Month Monthname
    Week WeekOfYear Day Dayname DayOfMonth DayOfWeek DayOfWeekIso DayOfYear Hour Minute Second
    LastDay AddMonths MonthsBetween NextDay DateFromParts TimestampFromParts TimeFromParts
    MakeInterval JustifyDays JustifyHours JustifyInterval ToChar StrToDate StrToTime StrToUnix
    TimeToStr TimeToUnix UnixToTime UnixToStr UnixSeconds UnixMillis UnixDate DateFromUnixDate
    TimeStrToTime TimeStrToDate TsOrDsAdd TsOrDsDiff TsOrDsToDate TsOrDsToDateStr TsOrDsToTime
    TsOrDsToTimestamp TsOrDsToDatetime DateStrToDate DateToDateStr ConvertTimezone Convert ToDays
"""

NODES = _words(" ".join([_STRUCTURE, _OPERATORS, _AGGREGATES, _TEXT, _NUMBERS, _CHOICES, _DATES]))

#: Functions that sqlglot has no class for, by name in lower case, in any dialect.
FUNCTIONS = _words(
    """
    age btrim bool_and bool_or ceiling char_length character_length cume_dist date_format
    date_part dateadd datediff datename datepart datetime day dayname dayofmonth dayofweek
    dayofyear dense_rank eomonth epoch every favg field format_datetime formatdatetime fsum
    getdate hour iif ifnull instr intdiv isnull isodow isoyear julian julianday last_day len
    len_utf8 locate ltrim makedate make_date make_timestamp mad median mid minute mode month
    monthname mode multiif now nvl percent_rank period_diff period_add position product
    quantile_cont quantile_disc quarter round_even row_number rtrim second sec_to_time
    signbit strftime strpos strip_accents subdate substr sysdate sysdatetime time
    time_to_sec timestampadd timestampdiff timezone to_char to_date to_days to_number
    to_timestamp today total trunc truncate unixepoch week weekday weekofyear year yearweek
    todate todatetime tostartofday tostartofhour tostartofweek tostartofmonth
    tostartofquarter tostartofyear tomonday toyear toquarter tomonth todayofweek
    todayofmonth tohour toyyyymm toyyyymmdd tofloat64 toint64 tostring todecimal64 uniq
    uniqexact countif sumif avgif minif maxif uniqif quantile quantileexact argmin argmax
    grouparray any anylast
    """
)

TYPES = _words(
    """
    BIGINT INT SMALLINT TINYINT MEDIUMINT UBIGINT UINT USMALLINT UTINYINT INT128 UINT128 BIT
    BOOLEAN CHAR NCHAR VARCHAR NVARCHAR BPCHAR TEXT TINYTEXT MEDIUMTEXT LONGTEXT DECIMAL
    BIGDECIMAL DOUBLE FLOAT MONEY SMALLMONEY DATE DATE32 DATETIME DATETIME2 DATETIME64
    SMALLDATETIME TIME TIMETZ TIMESTAMP TIMESTAMPTZ TIMESTAMPLTZ TIMESTAMPNTZ TIMESTAMP_S
    TIMESTAMP_MS TIMESTAMP_NS YEAR INTERVAL JSON JSONB UUID DECIMAL32 DECIMAL64 DECIMAL128
    LOWCARDINALITY
    """
)

#: The parts a clause may have. Clauses that are not listed may have any.
PARTS: dict[str, frozenset[str]] = {
    name: _words(parts)
    for name, parts in {
        "Select": "with_ distinct expressions from_ joins where group having qualify windows order "
        "limit offset",
        "Union": "this expression distinct with_ order limit offset by_name",
        "Except": "this expression distinct with_ order limit offset",
        "Intersect": "this expression distinct with_ order limit offset",
        "Subquery": "this alias with_ order limit offset joins",
        "Table": "this db catalog alias joins",
        "TableAlias": "this columns",
        "From": "this",
        "Join": "this on using kind side method",
        "With": "expressions",
        "CTE": "this alias materialized",
        "Group": "expressions rollup cube grouping_sets all",
        "Order": "expressions",
        "Ordered": "this desc nulls_first",
        "Limit": "expression offset limit_options",
        "Fetch": "direction count limit_options",
        "LimitOptions": "rows",
        "Offset": "expression",
        "In": "this expressions query",
        "Column": "this table db catalog join_mark",
        "Identifier": "this quoted",
        "Star": "except_ replace rename",
        "Distinct": "expressions",
        "Values": "expressions alias",
        "Count": "this expressions distinct big_int",
        "Cast": "this to safe action format default",
        "TryCast": "this to safe requires_string format default",
        "Placeholder": "this kind jdbc",
        "WindowSpec": "kind start start_side end end_side",
        "Filter": "this expression",
        "Where": "this",
        "Having": "this",
        "Qualify": "this",
    }.items()
}

#: Words that look like columns and tell about the session.
PSEUDO_COLUMNS: dict[str, frozenset[str]] = {
    "postgres": _words(
        """
    user current_user session_user system_user current_role current_catalog current_schema
    tableoid ctid xmin xmax cmin cmax
    """
    ),
    "oracle": _words(
        """
    user uid sessiontimezone dbtimezone ora_rowscn ora_invoking_user ora_invoking_userid
    sys_guid object_value
    """
    ),
    "tsql": _words(
        """
    user current_user session_user system_user
    """
    ),
    "mysql": _words(
        """
    current_user current_role session_user system_user
    """
    ),
    "clickhouse": _words(
        """
    _database _table _path _file _part _partition_id _shard_num
    """
    ),
}

#: The same, even behind a dot: reading them changes something.
PSEUDO_FIELDS: dict[str, frozenset[str]] = {"oracle": frozenset({"nextval", "currval"})}
