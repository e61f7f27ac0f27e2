namespace EventCluster.Orleans.Settings;

/// <summary>Settings of the whole cluster; there is one, with key 0.</summary>
[Alias("ec.settings")]
public interface IClusterSettingsGrain : IGrainWithIntegerKey
{
    /// <summary>The settings.</summary>
    [Alias("get")]
    Task<ClusterSettings> GetAsync();

    /// <summary>Replaces the settings; every silo follows within seconds.</summary>
    /// <exception cref="ArgumentException">A limit below 1.</exception>
    [Alias("set")]
    Task SetAsync(ClusterSettings settings);
}
