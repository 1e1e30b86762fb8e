/* What an option of catalog/charts cannot say in JSON: number formats while drawing, and the ink.

   The browser imports this file as a module; the server's V8 runs it as a script to make the same
   picture. So it uses no import, no export and no DOM, and leaves one name behind: rmCharts.
   Numbers read as in catalog/charts/formats.py. */
(() => {
  "use strict";

  const SYMBOLS = { USD: "$", EUR: "€", GBP: "£", JPY: "¥", INR: "₹", KRW: "₩" };
  const WITHOUT_CENTS = new Set(["JPY", "KRW", "CLP", "VND", "ISK", "HUF"]);
  const SCALES = [[3, "K"], [6, "M"], [9, "B"], [12, "T"]];
  const ENGLISH = { decimal: ".", thousands: "," };
  const NOTHING = "–";

  /* A number is digits and the power of ten of the first: 1250 = {digits: "125", power: 3}.
     The shortest digits that mean the number, so that 1.005 is rounded as people expect. */
  function decimal(value) {
    const [mantissa, exponent] = Math.abs(value).toExponential().split("e");
    return { digits: mantissa.replace(".", ""), power: Number(exponent) };
  }

  function shifted(number, places) {
    return { digits: number.digits, power: number.power + places };
  }

  /* Rounded half up to `places` after the point, as whole and fraction. */
  function rounded({ digits, power }, places) {
    const kept = power + 1 + places;
    const padded = kept < 0 ? "" : digits.padEnd(kept, "0").slice(0, kept);
    let units = BigInt(padded || "0");
    if (kept >= 0 && Number(digits[kept] ?? 0) >= 5) units += 1n;
    const text = String(units).padStart(places + 1, "0");
    const at = text.length - places;
    return [text.slice(0, at), text.slice(at)];
  }

  function fixed(number, places, locale, { trim = false, grouped = true } = {}) {
    let [whole, fraction] = rounded(number, places);
    if (trim) fraction = fraction.replace(/0+$/, "");
    if (grouped) whole = whole.replace(/\B(?=(\d{3})+$)/g, locale.thousands);
    return fraction ? whole + locale.decimal + fraction : whole;
  }

  function needed({ digits, power }) {
    if (digits === "0" || power >= 0) return 2;
    return Math.min(8, 2 - power);
  }

  function scientific(number, locale) {
    let [whole, fraction] = rounded({ digits: number.digits, power: 0 }, 1);
    let power = number.power;
    if (whole === "10") {
      whole = "1";
      power += 1;
    }
    return `${whole}${locale.decimal}${fraction}e${power < 0 ? "-" : "+"}${Math.abs(power)}`;
  }

  function compact(number, form, locale) {
    const free = form.decimals === null;
    const trim = free || form.trim;
    const places = form.decimals ?? 1;
    let letter = "";
    let scaled = number;
    for (const [power, name] of SCALES) {
      if (rounded(scaled, letter ? places : 0)[0].length > 3) {
        letter = name;
        scaled = shifted(number, -power);
      }
    }
    if (!letter) return fixed(number, free ? needed(number) : places, locale, { trim });
    return fixed(scaled, places, locale, { trim }) + letter;
  }

  function plain(number, form, locale) {
    const grouped = form.kind !== "digits";
    const write = (places, trim) => fixed(number, places, locale, { trim, grouped });
    if (form.kind === "integer") return write(0, false);
    if (form.decimals !== null) return write(form.decimals, form.trim);
    if (form.kind === "decimal") return write(2, false);
    if (form.kind === "currency") return write(WITHOUT_CENTS.has(form.currency) ? 0 : 2, false);
    if (form.kind === "percent") return write(1, true);
    return write(needed(number), true);
  }

  function unsigned(value, form, locale) {
    const exact = decimal(value);
    const number = form.kind === "percent" && value !== 0 ? shifted(exact, 2) : exact;
    const money = form.currency && (form.kind === "currency" || form.kind === "compact");
    const prefix = money ? SYMBOLS[form.currency] ?? `${form.currency} ` : "";
    const suffix = form.kind === "percent" ? "%" : "";
    const free = (form.kind === "auto" || form.kind === "compact") && form.decimals === null;
    const huge = number.power >= (form.kind === "compact" ? 15 : 21);
    if (huge || (free && value !== 0 && number.power < -6)) {
      return prefix + scientific(number, locale) + suffix;
    }
    const body = form.kind === "compact"
      ? compact(number, form, locale)
      : plain(number, form, locale);
    return prefix + body + suffix;
  }

  function formatNumber(value, form, locale = ENGLISH) {
    if (typeof value !== "number" || !Number.isFinite(value)) return NOTHING;
    const whole = { kind: "auto", currency: null, decimals: null, trim: false, ...form };
    const text = unsigned(value, whole, locale);
    return value < 0 && /[1-9]/.test(text) ? `-${text}` : text;
  }

  const list = (part) => (Array.isArray(part) ? part : part ? [part] : []);

  /* The figure of a mark: itself, the second of a pair, or the value of a part. */
  function figure(mark) {
    const value = mark !== null && typeof mark === "object" && !Array.isArray(mark)
      ? mark.value
      : mark;
    return Array.isArray(value) ? value[1] : value;
  }

  /* Black or white, whichever reads better on a colour #rrggbb. */
  function inkOn(colour) {
    const part = (at) => (parseInt(colour.slice(at, at + 2), 16) / 255) ** 2.2;
    const light = 0.2126 * part(1) + 0.7152 * part(3) + 0.0722 * part(5);
    return light > 0.179 ? "#111111" : "#ffffff";
  }

  /* The option with what `rm` asks for; the given one, which came from JSON, is changed. */
  function prepare(option) {
    const { rm = {}, ...ready } = option;
    const locale = rm.locale ?? ENGLISH;
    for (const [name, form] of Object.entries(rm.axes ?? {})) {
      for (const axis of list(ready[`${name}Axis`])) {
        axis.axisLabel = {
          ...axis.axisLabel,
          formatter: (value) => formatNumber(value, form, locale),
        };
      }
    }
    list(ready.series).forEach((series, position) => {
      const form = rm.series?.[position];
      if (!form) return;
      const format = (value) => formatNumber(value, form, locale);
      if (series.type !== "scatter") {
        series.tooltip = { ...series.tooltip, valueFormatter: (value) => format(figure(value)) };
      }
      if (series.label?.show && !series.label.formatter) {
        series.label.formatter = (mark) => format(figure(mark.value));
      }
      if (series.label?.position === "inside") {
        series.label.color = inkOn(ready.color?.[position % ready.color.length]);
      }
    });
    return ready;
  }

  /* `ink`: text, muted (axis text), border (lines of the grid), card (behind the chart). */
  function theme(ink) {
    const axis = {
      axisLine: { lineStyle: { color: ink.border } },
      axisTick: { lineStyle: { color: ink.border } },
      axisLabel: { color: ink.muted, fontSize: 12 },
      nameTextStyle: { color: ink.muted, fontSize: 12 },
      splitLine: { lineStyle: { color: ink.border, width: 1 } },
    };
    const label = { color: ink.text, textBorderColor: "transparent", textBorderWidth: 0 };
    return {
      textStyle: { color: ink.text, fontFamily: ink.font },
      categoryAxis: { ...axis, splitLine: { show: false } },
      valueAxis: { ...axis, axisLine: { show: false }, axisTick: { show: false } },
      logAxis: { ...axis, axisLine: { show: false }, axisTick: { show: false } },
      timeAxis: { ...axis, splitLine: { show: false } },
      legend: {
        textStyle: { color: ink.text },
        pageTextStyle: { color: ink.muted },
        pageIconColor: ink.muted,
        pageIconInactiveColor: ink.border,
      },
      tooltip: {
        backgroundColor: ink.card,
        borderColor: ink.border,
        borderWidth: 1,
        padding: [6, 10],
        textStyle: { color: ink.text, fontSize: 13 },
        axisPointer: {
          lineStyle: { color: ink.muted },
          crossStyle: { color: ink.muted },
          label: { color: ink.card, backgroundColor: ink.muted },
        },
      },
      dataZoom: {
        borderColor: ink.border,
        fillerColor: "transparent",
        handleStyle: { color: ink.card, borderColor: ink.muted },
        moveHandleStyle: { color: ink.muted },
        dataBackground: { lineStyle: { color: ink.border }, areaStyle: { color: ink.border } },
        selectedDataBackground: {
          lineStyle: { color: ink.muted },
          areaStyle: { color: ink.border },
        },
        textStyle: { color: ink.muted },
      },
      line: { label, endLabel: label },
      bar: { label },
      scatter: { label },
      pie: {
        label,
        labelLine: { lineStyle: { color: ink.border } },
        itemStyle: { borderColor: ink.card, borderWidth: 1 },
      },
      markLine: { lineStyle: { color: ink.muted }, label: { color: ink.muted } },
    };
  }

  globalThis.rmCharts = Object.freeze({ formatNumber, prepare, theme });
})();
