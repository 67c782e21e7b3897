/** Cuts by code points, so that no piece holds half of a surrogate pair. */
export function cutPieces(text: string, length: number): readonly string[] {
  const points = Array.from(text);
  const pieces: string[] = [];
  for (let start = 0; start < points.length; start += length) pieces.push(points.slice(start, start + length).join(''));
  return pieces;
}
