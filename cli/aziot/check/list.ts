export function checkList(_o: unknown, _m: unknown): void {}
