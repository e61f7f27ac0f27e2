namespace EventCluster.Storage.LocalDisk.Format;

/// <summary>The data directory was written by a newer version. One line for the operator.</summary>
/// <param name="path">The directory.</param>
/// <param name="found">Format version of the directory.</param>
/// <param name="supported">Newest format version that this build opens.</param>
public sealed class UnsupportedDataFormatException(string path, int found, int supported)
    : IOException($"'{path}/{DataFormat.FormatFile}' says data format {found}; this build opens formats 1 to {supported}.")
{
    /// <summary>Format version of the directory.</summary>
    public int Found { get; } = found;

    /// <summary>Newest format version that this build opens.</summary>
    public int Supported { get; } = supported;
}
