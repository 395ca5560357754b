(() => { // the curves of the chosen experiments
  const data = document.querySelector("#the-data");
  if (!data) return;
  const groups = JSON.parse(data.textContent);
  const [source, metric, axis, train, fieldset, plot] = ["source", "metric", "axis", "train", "runs", "plot"]
    .map((name) => document.querySelector(`#the-${name}`));
  const COLOURS = 8; // in the style sheet; a second round is dashed
  const MARGIN = { left: 56, right: 12, top: 10, bottom: 34 };
  const SHOWN = 8; // curves at first

  const element = (name, attributes, text = "") => {
    const node = document.createElementNS(plot.namespaceURI, name);
    Object.entries(attributes).forEach(([key, value]) => node.setAttribute(key, value));
    node.textContent = text;
    return node;
  };
  const options = (names) => names.map((name) => new Option(name));
  const round = (value) => Number(value.toPrecision(4)).toLocaleString("en", { maximumSignificantDigits: 4 });

  const ticks = (low, high, count) => {
    const least = (high - low) / count;
    const power = 10 ** Math.floor(Math.log10(least));
    const step = [1, 2, 5, 10].map((factor) => factor * power).find((size) => size >= least * (1 - 1e-9));
    const first = Math.ceil(low / step);
    return Array.from({ length: Math.floor(high / step) - first + 1 }, (_, index) => (first + index) * step);
  };

  const group = () => groups[source.selectedIndex];
  const withMetric = () => group().runs.filter((run) => run.validation[metric.value]);

  const listRuns = () => {
    const legend = fieldset.firstElementChild;
    fieldset.replaceChildren(legend, ...withMetric().map((run, number) => {
      const label = document.createElement("label");
      const box = Object.assign(document.createElement("input"), { type: "checkbox", checked: number < SHOWN });
      box.dataset.name = run.name;
      const swatch = element("svg", { width: 22, height: 10, "aria-hidden": true });
      swatch.append(element("line", { class: `curve ${styleOf(number)}`, x1: 0, x2: 22, y1: 5, y2: 5 }));
      const saved = run.validation[metric.value][run.saved];
      const value = Object.assign(document.createElement("span"), { className: "figure quiet" });
      value.textContent = saved === null ? "" : round(saved);
      label.append(box, swatch, run.name, " ", value);
      return label;
    }));
  };
  const styleOf = (number) => `colour-${number % COLOURS}${number >= COLOURS ? " second" : ""}`;

  const draw = () => {
    const width = plot.clientWidth, height = plot.clientHeight;
    const names = new Set([...fieldset.querySelectorAll("input:checked")].map((box) => box.dataset.name));
    const lines = withMetric().flatMap((run, number) => !names.has(run.name) ? [] : [
      ["validation", "curve"], ...(train.checked ? [["train", "curve train"]] : []),
    ].filter(([split]) => run[split][metric.value]).map(([split, css]) => ({
      run, css: `${css} ${styleOf(number)}`, isSaved: split === "validation",
      points: run[axis.value].map((x, index) => [x, run[split][metric.value][index], index]).filter(([, y]) => y !== null),
    })));
    const title = document.querySelector("#the-plot-title");
    title.textContent = `${metric.value} of the validation split by ${axis.value}: ${[...names].join(", ") || "no experiment"}`;
    plot.replaceChildren(title);
    const points = lines.flatMap((line) => line.points);
    if (!points.length) return;
    const xs = points.map(([x]) => x), ys = points.map(([, y]) => y);
    const limits = (values) => values.reduce(([low, high], value) => [Math.min(low, value), Math.max(high, value)], [Infinity, -Infinity]);
    const widen = ([low, high]) => (high > low ? [low, high] : [low - Math.abs(low || 1) / 10, high + Math.abs(high || 1) / 10]);
    const [left, right] = widen(limits(xs)), [bottom, top] = widen(limits(ys));
    const scaleX = (x) => MARGIN.left + (x - left) / (right - left) * (width - MARGIN.left - MARGIN.right);
    const scaleY = (y) => height - MARGIN.bottom - (y - bottom) / (top - bottom) * (height - MARGIN.top - MARGIN.bottom);
    ticks(bottom, top, height / 60).forEach((y) => plot.append(
      element("line", { class: "grid", x1: MARGIN.left, x2: width - MARGIN.right, y1: scaleY(y), y2: scaleY(y) }),
      element("text", { x: MARGIN.left - 8, y: scaleY(y) + 4, class: "end" }, round(y)),
    ));
    ticks(left, right, width / 110).forEach((x) => plot.append(
      element("text", { x: scaleX(x), y: height - MARGIN.bottom + 18 }, round(x)),
    ));
    plot.append(element("text", { x: width - MARGIN.right, y: height - 2, class: "end" }, axis.value));
    lines.forEach(({ run, css, isSaved, points: own }) => {
      const path = own.map(([x, y], index) => `${index ? "L" : "M"}${scaleX(x).toFixed(1)} ${scaleY(y).toFixed(1)}`).join("");
      const curve = element("path", { class: css, d: path });
      curve.append(element("title", {}, run.name));
      plot.append(curve);
      const saved = own.find(([, , index]) => index === run.saved);
      if (isSaved && saved) plot.append(element("circle", { class: css, cx: scaleX(saved[0]), cy: scaleY(saved[1]), r: 4 }));
    });
  };

  const chooseMetric = () => { listRuns(); draw(); };
  const chooseSource = () => {
    metric.replaceChildren(...options(group().metrics));
    const inSteps = group().runs.filter((run) => run.axis === "step").length;
    axis.value = inSteps > group().runs.length / 2 ? "step" : "epoch";
    chooseMetric();
  };
  source.append(...options(groups.map((one) => one.source)));
  const largest = Math.max(...groups.map((one) => one.runs.length));
  source.selectedIndex = groups.findIndex((one) => one.runs.length === largest);
  source.addEventListener("change", chooseSource);
  metric.addEventListener("change", chooseMetric);
  [axis, train, fieldset].forEach((control) => control.addEventListener("change", draw));
  new ResizeObserver(draw).observe(plot);
  chooseSource();
})();
