using Microsoft.Extensions.Configuration;

namespace EventCluster.Hosting.Configuration;

/// <summary>Where options come from.</summary>
public static class ConfigurationSources
{
    /// <summary>Name of the optional file in the current folder.</summary>
    public const string FileName = "appsettings.json";

    /// <summary>The file, then the environment, then the command line; later ones win.</summary>
    /// <param name="folder">The folder that may hold <see cref="FileName"/>.</param>
    /// <param name="settings">Keys and values of the command line.</param>
    /// <exception cref="InvalidDataException">The file is not JSON.</exception>
    public static IConfigurationRoot Build(string folder, IReadOnlyDictionary<string, string?> settings) =>
        new ConfigurationBuilder()
            .SetBasePath(Path.GetFullPath(folder))
            .AddJsonFile(FileName, optional: true, reloadOnChange: false)
            .AddEnvironmentVariables()
            .AddInMemoryCollection(settings)
            .Build();
}
