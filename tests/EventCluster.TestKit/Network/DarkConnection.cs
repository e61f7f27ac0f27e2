using System.Net;

namespace EventCluster.TestKit.Network;

/// <summary>A connection that is cut without anybody knowing.</summary>
/// <param name="Label">Who made it.</param>
/// <param name="Source">Where the server sees it come from.</param>
public sealed record DarkConnection(string Label, EndPoint Source);
