using System.Globalization;
using EventCluster.Protocol;

namespace EventCluster.TestKit.Claims;

/// <summary>What a request of HTTP asks.</summary>
/// <param name="Name">For counts and messages.</param>
/// <param name="Method">GET or HEAD.</param>
/// <param name="Query">The query of a client that knows a position.</param>
internal sealed record HttpTailVerb(string Name, HttpMethod Method, Func<StreamOffset, string> Query)
{
    private const int WaitSeconds = 1;

    /// <summary>The client repeats the entity tag of its last answer.</summary>
    public bool IsConditional { get; init; }

    /// <summary>How long the server waits at least when nothing comes.</summary>
    public TimeSpan Wait { get; init; }

    /// <summary>All.</summary>
    public static IReadOnlyList<HttpTailVerb> Every { get; } =
    [
        new("HEAD", HttpMethod.Head, static _ => ""),
        new("GET at the tail", HttpMethod.Get, static known => $"?offset={known}"),
        new("GET with a tag", HttpMethod.Get, static known => $"?offset={known}") { IsConditional = true },
        new("GET now", HttpMethod.Get, static _ => "?offset=now"),
        new("GET last", HttpMethod.Get, static _ => "?last=1"),
        new("long-poll", HttpMethod.Get, static known => string.Create(
            CultureInfo.InvariantCulture, $"?live=long-poll&offset={known}&wait={WaitSeconds}"))
        {
            // A little less, because timers of two processes differ.
            Wait = TimeSpan.FromSeconds(WaitSeconds) - TimeSpan.FromMilliseconds(50),
        },
    ];
}
