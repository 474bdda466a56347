import { request } from "./http";

/** Whether sessions that were opened without a second factor allow no administration, and how many factors the user has. */
export interface Policy {
  isNeeded: boolean;
  own: number;
}

export async function readPolicy(signal?: AbortSignal): Promise<Policy> {
  const options = signal && { signal };
  const [policy, own] = await Promise.all([
    request<{ administrators_need_second_factor: boolean }>("authorization", "GET", "/policy", options),
    request<{ factors: unknown[] }>("authorization", "GET", "/me/factors", options),
  ]);
  return { isNeeded: policy.value.administrators_need_second_factor, own: own.value.factors.length };
}

export async function changePolicy(isNeeded: boolean): Promise<void> {
  await request("authorization", "PUT", "/policy", { body: { administrators_need_second_factor: isNeeded } });
}
