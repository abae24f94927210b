/** Figures: medians, spreads and slopes of what was measured. */

/** NaN of nothing. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((one, other) => one - other);
  const middle = sorted.length / 2;
  if (sorted.length === 0) return Number.NaN;
  return sorted.length % 2 === 1 ? sorted[Math.floor(middle)]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

export function spread(values: readonly number[]): { least: number; most: number } {
  return { least: Math.min(...values), most: Math.max(...values) };
}

/** How fast y grows by x: the slope of the straight line that fits the points best. 0 where x does not vary. */
export function slope(points: readonly (readonly [x: number, y: number])[]): number {
  const count = points.length;
  const meanX = points.reduce((sum, [x]) => sum + x, 0) / count;
  const meanY = points.reduce((sum, [, y]) => sum + y, 0) / count;
  let across = 0;
  let along = 0;
  for (const [x, y] of points) {
    across += (x - meanX) * (y - meanY);
    along += (x - meanX) ** 2;
  }
  return along > 0 ? across / along : 0;
}

/** Standard error of that slope, if what is off the line is chance; NaN of less than three points. */
export function slopeError(points: readonly (readonly [x: number, y: number])[]): number {
  const count = points.length;
  if (count < 3) return Number.NaN;
  const steepness = slope(points);
  const meanX = points.reduce((sum, [x]) => sum + x, 0) / count;
  const meanY = points.reduce((sum, [, y]) => sum + y, 0) / count;
  let off = 0;
  let along = 0;
  for (const [x, y] of points) {
    off += (y - meanY - steepness * (x - meanX)) ** 2;
    along += (x - meanX) ** 2;
  }
  return along > 0 ? Math.sqrt(off / (count - 2) / along) : Number.NaN;
}

/** Three digits are enough to compare by; whole above a thousand. */
export function rounded(value: number): number {
  if (!Number.isFinite(value) || value === 0) return value;
  return Math.abs(value) >= 1000 ? Math.round(value) : Number(value.toPrecision(3));
}
