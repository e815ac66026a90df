export async function check(_o: unknown, _m: unknown): Promise<void> {}
