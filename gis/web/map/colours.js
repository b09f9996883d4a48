"use strict";
/* Colours of the theme, classes of a choropleth. YlGnBu on light, cividis on dark: both are safe for colour blindness. */
(() => {
  const wangge = (window.wangge = window.wangge || {});
  const listeners = [];
  const RAMPS = {
    light: ["#f2f8c3", "#c3e6b8", "#74c7bd", "#2f9fc0", "#225ea8", "#0f2d78"],
    dark: ["#12356e", "#46526d", "#6f7073", "#9b9377", "#cdbb62", "#fee838"],
  };
  const TINTS = {
    light: ["#dce9f6", "#f4eadb", "#e6e2f2", "#e0f0e6", "#f6e3e6", "#eceff2", "#e2f0f3"],
    dark: ["#1d3349", "#3a3324", "#2d2b45", "#1f3a34", "#3d2a33", "#2a333c", "#1b3a42"],
  };
  const GRADES = { light: ["#1668c7", "#b35900", "#9b1146"], dark: ["#6fb4ff", "#ffb454", "#ff7fa6"] };
  const OVERLAYS = {
    light: ["#b04a00", "#6a3fb5", "#00707a", "#9b1146", "#4d6300"],
    dark: ["#ffac6b", "#c3a4ff", "#63d6df", "#ff8fae", "#c4dc73"],
  };
  const systemDark = window.matchMedia("(prefers-color-scheme: dark)");
  const KEPT = "wangge-theme";

  /** What the reader chose on another page; pages from files and in frames may have no storage. */
  function keptTheme() {
    try {
      return window.localStorage.getItem(KEPT);
    } catch {
      return null;
    }
  }

  function keepTheme(wanted) {
    try {
      window.localStorage.setItem(KEPT, wanted);
    } catch {
      // then it holds for this page only
    }
  }

  let isChosen = ["light", "dark"].includes(keptTheme());
  let theme = isChosen ? keptTheme() : systemDark.matches ? "dark" : "light";

  function setTheme(wanted) {
    theme = wanted;
    document.documentElement.dataset.theme = wanted;
    for (const listener of listeners) listener();
  }

  systemDark.addEventListener("change", () => {
    if (!isChosen) setTheme(systemDark.matches ? "dark" : "light");
  });

  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();

  /** A colour `#rrggbb` with less cover. */
  const faint = (hex, cover) => `${hex}${Math.round(cover * 255).toString(16).padStart(2, "0")}`;

  const heatColours = () => (theme === "light" ? RAMPS.light.slice(1) : ["#2a5fb0", "#5f6f93", ...RAMPS.dark.slice(2)]);

  /** Colours by cover, as the heat layer wants them. */
  function heatGradient() {
    const colours = heatColours();
    return Object.fromEntries(colours.map((stop, i) => [0.04 + (0.96 * i) / (colours.length - 1), stop]));
  }

  /**
   * Quantile classes over the values above zero; zero and unknown have classes of their own.
   * Returns the lower bounds, all different: at most six, fewer for few values.
   */
  function quantileBounds(values) {
    const above = values.filter((value) => value > 0).sort((a, b) => a - b);
    const classes = Math.min(RAMPS.light.length, Math.ceil(Math.sqrt(above.length)) + 1);
    const bounds = [];
    for (let i = 0; i < classes && above.length; i += 1) {
      const bound = above[Math.floor((i * above.length) / classes)];
      if (bounds.at(-1) !== bound) bounds.push(bound);
    }
    return bounds;
  }

  /** The class of a value: -2 unknown, -1 zero, else the last bound not above it. */
  function classOf(value, bounds) {
    if (value === null || Number.isNaN(value)) return -2;
    if (!(value > 0)) return -1;
    let found = 0;
    while (found + 1 < bounds.length && value >= bounds[found + 1]) found += 1;
    return found;
  }

  /** The colour of a class; fewer classes are spread over the whole ramp. */
  function classColour(index, classes) {
    if (index < 0) return colour("map-none");
    const ramp = RAMPS[theme];
    return ramp[classes < 2 ? ramp.length - 2 : Math.round((index * (ramp.length - 1)) / (classes - 1))];
  }

  Object.assign(wangge, {
    colour, faint, heatColours, heatGradient, quantileBounds, classOf, classColour, setTheme,
    theme: () => theme,
    tint: (number) => TINTS[theme][number % TINTS[theme].length],
    gradeColours: () => GRADES[theme],
    overlay: (number) => OVERLAYS[theme][number % OVERLAYS[theme].length],
    onTheme: (listener) => listeners.push(listener),
    switchTheme() {
      isChosen = true;
      keepTheme(theme === "dark" ? "light" : "dark");
      setTheme(theme === "dark" ? "light" : "dark");
    },
  });
})();
