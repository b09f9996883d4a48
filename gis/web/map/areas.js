"use strict";
/* What every map has: outlines and names of areas, scale, coordinates, zoom, a tip at the pointer. */
(() => {
  const wangge = (window.wangge = window.wangge || {});
  const [DISTRICT, STREET, COMMUNITY] = [0, 1, 2];
  const COMMUNITY_NAMES_FROM = 12.75;

  function decodeAreas(numbers, texts) {
    const shapes = wangge.decodeShapes(numbers.shapes);
    const ofLevel = (level) => shapes.filter((shape) => numbers.level[shape.index] === level);
    return {
      ...numbers,
      shapes,
      names: texts.name,
      codes: texts.code,
      district: ofLevel(DISTRICT),
      streets: ofLevel(STREET),
      communities: ofLevel(COMMUNITY),
      nameOf: (index) => (index < 0 ? "" : texts.name[index]),
      streetOf: (community) => (community < 0 ? -1 : numbers.parent[community]),
    };
  }

  const labelsOf = (shapes, names) => shapes.filter((shape) => shape.label)
    .map((shape) => ({ text: names[shape.index], at: shape.label, room: (shape.box[2] - shape.box[0]) * 0.6 }));

  /** Land below everything; outlines and names above it. `extra(context, view, taken)` writes further labels. */
  function addAreas(map, areas, { extra = null, showCommunities = () => true } = {}) {
    const land = new wangge.CanvasLayer("land", 300, (context, view) => {
      const style = { fill: wangge.colour("map-land") };
      wangge.paintShapes(context, view, areas.district.length ? areas.district : areas.streets, () => style);
    }).addTo(map);
    const [communitySize, streetSize] = [areas.communities, areas.streets].map(wangge.usualSize);
    const lines = new wangge.CanvasLayer("outlines", 420, (context, view) => {
      if (showCommunities()) {
        const width = wangge.lineWidth(communitySize, view, { least: 0.3, most: 1.8, share: 0.03 });
        const thin = { stroke: wangge.colour("map-community"), width };
        wangge.paintShapes(context, view, areas.communities, () => thin);
      }
      const width = wangge.lineWidth(streetSize, view, { least: 0.8, most: 2.6, share: 0.011 });
      const thick = { stroke: wangge.colour("map-street"), width };
      wangge.paintShapes(context, view, areas.streets, () => thick);
      const widest = { stroke: wangge.colour("map-district"), width: Math.max(2, width + 0.8) };
      wangge.paintShapes(context, view, areas.district, () => widest);
    }).addTo(map);
    const streetNames = labelsOf(areas.streets, areas.names);
    const communityNames = labelsOf(areas.communities, areas.names);
    const names = new wangge.CanvasLayer("names", 460, (context, view) => {
      const taken = [];
      const look = { colour: wangge.colour("map-name"), halo: wangge.colour("map-halo"), taken };
      const type = wangge.colour("type");
      wangge.paintLabels(context, view, streetNames, { ...look, font: `700 ${view.zoom < 11 ? 12.5 : 14}px ${type}` });
      if (view.zoom >= COMMUNITY_NAMES_FROM) {
        wangge.paintLabels(context, view, communityNames, { ...look, font: `600 12.5px ${type}` });
      }
      if (extra) extra(context, view, taken);
    }).addTo(map);
    wangge.onTheme(() => [land, lines, names].forEach((layer) => layer.redrawNow()));
    return { lines, names };
  }

  function addControls(map, bounds) {
    L.control.scale({ imperial: false, position: "bottomleft" }).addTo(map);
    const place = L.control({ position: "bottomleft" });
    place.onAdd = () => wangge.make("div", { class: "place", hidden: "" });
    place.addTo(map);
    map.on("mousemove", ({ latlng }) => {
      place.getContainer().hidden = false;
      place.getContainer().textContent = `${latlng.lng.toFixed(6)}, ${latlng.lat.toFixed(6)}`;
    });
    const zoom = L.control.zoom({ position: "bottomright", zoomInText: "+", zoomOutText: "−" }).addTo(map);
    const fit = wangge.make("a", { href: "#", role: "button", class: "fit", label: "fit" }, wangge.icon("fit"));
    L.DomEvent.disableClickPropagation(fit);
    fit.addEventListener("click", (event) => {
      event.preventDefault();
      map.fitBounds(bounds, { padding: [16, 16] });
    });
    zoom.getContainer().append(fit);
    const sayZoom = () => {
      const [closer, away] = zoom.getContainer().querySelectorAll("a");
      closer.title = wangge.say("zoom_in");
      away.title = wangge.say("zoom_out");
      closer.setAttribute("aria-label", closer.title);
      away.setAttribute("aria-label", away.title);
    };
    sayZoom();
    wangge.onLanguage(sayZoom);
  }

  /** Background tiles of the district's own network, only when the operator has given their address. */
  function addTiles(map, tileUrl) {
    if (tileUrl) L.tileLayer(tileUrl, { maxZoom: 20, maxNativeZoom: 18 }).addTo(map);
  }

  /** A tip beside the pointer; `fill(latLng)` returns nodes, or null for no tip. */
  function addTip(map, fill) {
    const tip = wangge.make("div", { class: "tip", "aria-hidden": "true" });
    map.getContainer().append(tip);
    const hide = () => tip.classList.remove("shown");
    function show({ latlng, containerPoint }) {
      const nodes = fill(latlng);
      if (!nodes) return hide();
      tip.replaceChildren(...nodes);
      tip.classList.add("shown");
      const size = map.getSize();
      const isRight = containerPoint.x + 24 + tip.offsetWidth > size.x;
      const left = isRight ? containerPoint.x - tip.offsetWidth - 14 : containerPoint.x + 16;
      const top = Math.min(containerPoint.y + 14, size.y - tip.offsetHeight - 8);
      tip.style.left = `${Math.max(6, left)}px`;
      tip.style.top = `${Math.max(6, top)}px`;
      return undefined;
    }
    map.on("mousemove click", show);
    map.on("mouseout movestart zoomstart", hide);
    return { hide };
  }

  /** A layer that draws one outline, of what is pointed at or chosen. */
  function addHighlight(map) {
    let shape = null;
    let width = 2.5;
    const layer = new wangge.CanvasLayer("highlight", 450, (context, view) => {
      if (!shape) return;
      const style = { stroke: wangge.colour("map-mark"), width };
      wangge.paintShapes(context, view, [shape], () => style);
    }).addTo(map);
    return {
      show(next, wanted = 2.5) {
        if (shape === next && width === wanted) return;
        shape = next;
        width = wanted;
        layer.redrawNow();
      },
    };
  }

  function goTo(map, box, { maxZoom = 16 } = {}) {
    const isStill = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
    map.fitBounds(wangge.boundsOf(box), { padding: [60, 60], maxZoom, animate: !isStill });
  }

  Object.assign(wangge, { decodeAreas, addAreas, addControls, addTiles, addTip, addHighlight, goTo });
})();
