-- What Orleans' ADO.NET providers need in PostgreSQL: the table OrleansQuery with their statements by name, and tables
-- that those statements alone know. Parameters and result columns are the providers'; everything else is this file's.
-- Runs at every start in one transaction under a lock; changes must let the version before go on.

CREATE TABLE IF NOT EXISTS OrleansQuery (
  QueryKey text PRIMARY KEY,
  QueryText text NOT NULL
);

CREATE TABLE IF NOT EXISTS cluster_version (
  cluster text PRIMARY KEY,
  version integer NOT NULL,
  changed timestamptz NOT NULL
);

CREATE TABLE IF NOT EXISTS cluster_silos (
  cluster text NOT NULL REFERENCES cluster_version,
  address text NOT NULL,
  port integer NOT NULL,
  generation integer NOT NULL,
  silo_name text NOT NULL,
  host_name text NOT NULL,
  status integer NOT NULL,
  gateway_port integer NOT NULL,
  suspicions text,
  started timestamptz NOT NULL,
  alive timestamptz NOT NULL,
  PRIMARY KEY (cluster, address, port, generation)
);

CREATE TABLE IF NOT EXISTS grain_states (
  service text NOT NULL,
  type_hash integer NOT NULL,
  type text NOT NULL,
  id_hash integer NOT NULL,
  id_low bigint NOT NULL,
  id_high bigint NOT NULL,
  id_text text NOT NULL,
  payload bytea,
  changed timestamptz NOT NULL,
  version integer NOT NULL,
  PRIMARY KEY (service, type_hash, type, id_hash, id_low, id_high, id_text)
);

INSERT INTO OrleansQuery (QueryKey, QueryText) VALUES
('InsertMembershipVersionKey', '
  WITH added AS (
    INSERT INTO cluster_version (cluster, version, changed) VALUES (@DeploymentId, 0, now())
    ON CONFLICT DO NOTHING RETURNING 1)
  SELECT count(*)::integer FROM added'),
-- The version row is the lock: who loses the race for it changes nothing.
('InsertMembershipKey', '
  WITH turn AS (
    UPDATE cluster_version v SET version = version + 1, changed = now()
    WHERE v.cluster = @DeploymentId AND v.version = @Version AND NOT EXISTS (
      SELECT FROM cluster_silos s WHERE s.cluster = v.cluster
        AND s.address = @Address AND s.port = @Port AND s.generation = @Generation)
    RETURNING v.cluster),
  added AS (
    INSERT INTO cluster_silos
      (cluster, address, port, generation, silo_name, host_name, status, gateway_port, started, alive)
    SELECT cluster, @Address, @Port, @Generation, @SiloName, @HostName, @Status, @ProxyPort, @StartTime, @IAmAliveTime FROM turn
    RETURNING 1)
  SELECT count(*)::integer FROM added'),
('UpdateMembershipKey', '
  WITH turn AS (
    UPDATE cluster_version v SET version = version + 1, changed = now()
    WHERE v.cluster = @DeploymentId AND v.version = @Version AND EXISTS (
      SELECT FROM cluster_silos s WHERE s.cluster = v.cluster
        AND s.address = @Address AND s.port = @Port AND s.generation = @Generation)
    RETURNING v.cluster),
  updated AS (
    UPDATE cluster_silos s SET status = @Status, suspicions = @SuspectTimes::text, alive = @IAmAliveTime
    FROM turn WHERE s.cluster = turn.cluster AND s.address = @Address AND s.port = @Port AND s.generation = @Generation
    RETURNING 1)
  SELECT count(*)::integer FROM updated'),
('UpdateIAmAlivetimeKey', '
  UPDATE cluster_silos SET alive = @IAmAliveTime
  WHERE cluster = @DeploymentId AND address = @Address AND port = @Port AND generation = @Generation'),
-- The version comes back even where there is no silo.
('MembershipReadRowKey', '
  SELECT v.cluster AS DeploymentId, s.address AS Address, s.port AS Port, s.generation AS Generation, s.silo_name AS SiloName,
    s.host_name AS HostName, s.status AS Status, s.gateway_port AS ProxyPort, s.suspicions AS SuspectTimes,
    s.started AS StartTime, s.alive AS IAmAliveTime, v.version AS Version
  FROM cluster_version v LEFT JOIN cluster_silos s
    ON s.cluster = v.cluster AND s.address = @Address AND s.port = @Port AND s.generation = @Generation
  WHERE v.cluster = @DeploymentId'),
('MembershipReadAllKey', '
  SELECT v.cluster AS DeploymentId, s.address AS Address, s.port AS Port, s.generation AS Generation, s.silo_name AS SiloName,
    s.host_name AS HostName, s.status AS Status, s.gateway_port AS ProxyPort, s.suspicions AS SuspectTimes,
    s.started AS StartTime, s.alive AS IAmAliveTime, v.version AS Version
  FROM cluster_version v LEFT JOIN cluster_silos s ON s.cluster = v.cluster
  WHERE v.cluster = @DeploymentId'),
('DeleteMembershipTableEntriesKey', '
  WITH emptied AS (DELETE FROM cluster_silos WHERE cluster = @DeploymentId)
  DELETE FROM cluster_version WHERE cluster = @DeploymentId'),
('GatewaysQueryKey', '
  SELECT address AS Address, gateway_port AS ProxyPort, generation AS Generation FROM cluster_silos
  WHERE cluster = @DeploymentId AND status = @Status AND gateway_port > 0'),
-- 3 is an active silo.
('CleanupDefunctSiloEntriesKey', '
  DELETE FROM cluster_silos WHERE cluster = @DeploymentId AND alive < @IAmAliveTime AND status <> 3'),
('ReadFromStorageKey', '
  SELECT payload AS PayloadBinary, now() AS ReadAt, version AS Version FROM grain_states
  WHERE service = @ServiceId AND type_hash = @GrainTypeHash AND type = @GrainTypeString AND id_hash = @GrainIdHash
    AND id_low = @GrainIdN0 AND id_high = @GrainIdN1 AND id_text = COALESCE(@GrainIdExtensionString::text, '''')'),
-- A version that comes back unchanged, or none, tells the provider that another write was first.
('WriteToStorageKey', '
  WITH updated AS (
    UPDATE grain_states SET payload = @PayloadBinary, changed = now(), version = version + 1
    WHERE service = @ServiceId AND type_hash = @GrainTypeHash AND type = @GrainTypeString AND id_hash = @GrainIdHash
      AND id_low = @GrainIdN0 AND id_high = @GrainIdN1 AND id_text = COALESCE(@GrainIdExtensionString::text, '''')
      AND version = @GrainStateVersion::integer
    RETURNING version),
  added AS (
    INSERT INTO grain_states (service, type_hash, type, id_hash, id_low, id_high, id_text, payload, changed, version)
    SELECT @ServiceId, @GrainTypeHash, @GrainTypeString, @GrainIdHash, @GrainIdN0, @GrainIdN1,
      COALESCE(@GrainIdExtensionString::text, ''''), @PayloadBinary, now(), 1
    WHERE @GrainStateVersion::integer IS NULL
    ON CONFLICT DO NOTHING RETURNING version)
  SELECT COALESCE((SELECT version FROM updated), (SELECT version FROM added), @GrainStateVersion::integer) AS NewGrainStateVersion'),
('ClearStorageKey', '
  UPDATE grain_states SET payload = NULL, changed = now(), version = version + 1
  WHERE service = @ServiceId AND type_hash = @GrainTypeHash AND type = @GrainTypeString AND id_hash = @GrainIdHash
    AND id_low = @GrainIdN0 AND id_high = @GrainIdN1 AND id_text = COALESCE(@GrainIdExtensionString::text, '''')
    AND version = @GrainStateVersion::integer
  RETURNING version AS NewGrainStateVersion'),
('DeleteStorageKey', '
  DELETE FROM grain_states
  WHERE service = @ServiceId AND type_hash = @GrainTypeHash AND type = @GrainTypeString AND id_hash = @GrainIdHash
    AND id_low = @GrainIdN0 AND id_high = @GrainIdN1 AND id_text = COALESCE(@GrainIdExtensionString::text, '''')
    AND version = @GrainStateVersion::integer
  RETURNING version + 1 AS NewGrainStateVersion')
ON CONFLICT (QueryKey) DO UPDATE SET QueryText = EXCLUDED.QueryText;
