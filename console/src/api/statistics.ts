import { request } from "./http";

export interface OperationStatistics {
  /** Empty, as the route is, for requests for no operation. */
  method: string;
  route: string;
  /** Class of the status: `2xx`. */
  status: string;
  count: number;
  /** Sum of the durations. */
  seconds: number;
  /** Requests by duration: how many took no longer than each bound, but longer than the one before; the last: longer than all. */
  buckets: number[];
}

export interface InstanceStatistics {
  address: string;
  role: "leader" | "replica" | "unreachable";
  memory_used_bytes: number | null;
  memory_limit_bytes: number | null;
  disk_free_bytes: number | null;
  disk_size_bytes: number | null;
}

/** Counters since the start of the service, and the present state. */
export interface ServiceStatistics {
  measured_at: string;
  workers: number;
  cpu_seconds: number;
  requests: {
    under_way: number;
    waiting: number;
    streams_open: number;
    watches_waiting: number;
    /** Bounds of the durations' buckets, in seconds. */
    bounds: number[];
    operations: OperationStatistics[];
  };
  store: { measured_at: string; namespaces: number; pairs: number; pairs_bytes: number; revisions: number } | null;
  instances: InstanceStatistics[];
}

/** Returns what the service has measured of itself. Needs the right `admin:*`. */
export async function readStatistics(signal?: AbortSignal): Promise<ServiceStatistics> {
  return (await request<ServiceStatistics>("store", "GET", "/statistics", { ...(signal && { signal }) })).value;
}
