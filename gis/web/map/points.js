"use strict";
/* Events as points: columns of numbers, dots from afar, the shape of their grade from near. */
(() => {
  const wangge = (window.wangge = window.wangge || {});
  const SHAPES_FROM_ZOOM = 14;
  const REACH_PX = 9;

  /** Places in the plane from columns of steps. */
  function placesOf(columns) {
    const count = columns.x.length;
    const x = new Float64Array(count);
    const y = new Float64Array(count);
    for (let i = 0; i < count; i += 1) [x[i], y[i]] = wangge.place(columns.x[i], columns.y[i]);
    return { x, y, count };
  }

  /** Outline of a severity or grade around (0, 0): 0 circle, 1 diamond, 2 triangle. */
  function markPath(kind, radius) {
    const path = new Path2D();
    if (kind === 0) path.arc(0, 0, radius, 0, 2 * Math.PI);
    else if (kind === 1) {
      const reach = radius * 1.25;
      path.moveTo(0, -reach);
      path.lineTo(reach, 0);
      path.lineTo(0, reach);
      path.lineTo(-reach, 0);
    } else {
      const reach = radius * 1.3;
      path.moveTo(0, -reach);
      path.lineTo(reach, reach * 0.8);
      path.lineTo(-reach, reach * 0.8);
    }
    path.closePath();
    return path;
  }

  /** Paint a mark at a place in the plane. */
  function paintMark(context, view, at, { kind, radius, colour }) {
    context.save();
    context.translate(at[0] * view.scale + view.left, at[1] * view.scale + view.top);
    const path = markPath(kind, radius);
    context.fillStyle = colour;
    context.strokeStyle = wangge.colour("map-halo");
    context.lineWidth = 1.6;
    context.fill(path);
    context.stroke(path);
    context.restore();
  }

  function paintPoints(context, view, points, { isShown, gradeOf, colours, edge }) {
    const isNear = view.zoom >= SHAPES_FROM_ZOOM;
    const radius = Math.min(7, 3 + (view.zoom - SHAPES_FROM_ZOOM) * 0.8);
    const marks = [0, 1, 2].map((kind) => markPath(kind, radius));
    const dot = view.zoom < 11.5 ? 1.6 : 2.4;
    const [west, north, east, south] = view.shown;
    context.lineWidth = 1;
    context.strokeStyle = edge;
    for (let grade = 0; grade < 3; grade += 1) {
      context.fillStyle = colours[grade];
      context.globalAlpha = isNear ? 0.92 : grade ? 0.8 : 0.5;
      for (let i = 0; i < points.count; i += 1) {
        const x = points.x[i];
        const y = points.y[i];
        if (gradeOf(i) !== grade || x < west || x > east || y < north || y > south || !isShown(i)) continue;
        const left = x * view.scale + view.left;
        const top = y * view.scale + view.top;
        if (isNear) {
          context.save();
          context.translate(left, top);
          context.fill(marks[grade]);
          context.stroke(marks[grade]);
          context.restore();
        } else context.fillRect(left - dot / 2, top - dot / 2, dot, dot);
      }
    }
    context.globalAlpha = 1;
  }

  /** The shown point nearest to a place of the map, within a finger's reach; -1 if none. */
  function pointAt(points, map, latLng, isShown) {
    const [x, y] = wangge.placeOf(latLng);
    let nearest = -1;
    let least = (REACH_PX / wangge.viewOf(map).scale) ** 2;
    for (let i = 0; i < points.count; i += 1) {
      const distance = (points.x[i] - x) ** 2 + (points.y[i] - y) ** 2;
      if (distance < least && isShown(i)) {
        least = distance;
        nearest = i;
      }
    }
    return nearest;
  }

  Object.assign(wangge, { placesOf, markPath, paintMark, paintPoints, pointAt });
})();
