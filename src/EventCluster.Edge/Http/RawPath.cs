using Microsoft.AspNetCore.Http;

namespace EventCluster.Edge.Http;

/// <summary>
/// Finds a fixed path in the request target as the client sent it. The framework's path has dot segments resolved and octets
/// decoded, so it can name an endpoint that a proxy in front did not see in the target.
/// </summary>
public static class RawPath
{
    /// <summary>Whether the target's path is exactly this one.</summary>
    public static bool Is(HttpContext context, string path)
    {
        ArgumentNullException.ThrowIfNull(context);
        return RequestTarget.Of(context).Path.SequenceEqual(path);
    }

    /// <summary>Why the target as a whole cannot be read in one way only; null when it can.</summary>
    public static string? FaultOf(HttpContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        return RequestTarget.Of(context).Fault()?.Detail;
    }
}
