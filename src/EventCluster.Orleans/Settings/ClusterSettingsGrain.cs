using EventCluster.Orleans.Placement;

namespace EventCluster.Orleans.Settings;

/// <summary>Keeps the settings as grain state in the storage named <see cref="StorageName"/>.</summary>
[GrainType("ec.settings")]
[BacklogPlacement]
public sealed class ClusterSettingsGrain(
    [PersistentState("cluster", ClusterSettingsGrain.StorageName)] IPersistentState<ClusterSettings> state)
    : Grain, IClusterSettingsGrain
{
    /// <summary>Name of the Orleans storage provider that the silo registers.</summary>
    public const string StorageName = "settings";

    /// <inheritdoc />
    public Task<ClusterSettings> GetAsync() => Task.FromResult(state.State);

    /// <inheritdoc />
    public Task SetAsync(ClusterSettings settings)
    {
        ArgumentNullException.ThrowIfNull(settings);
        if (settings is { RetainEvents: < 1 } or { RetainBytes: < 1 } or { RetainAgeSeconds: < 1 })
        {
            throw new ArgumentException("A retention limit is at least 1, or absent.", nameof(settings));
        }

        state.State = settings with { IsSet = true };
        return state.WriteStateAsync();
    }
}
