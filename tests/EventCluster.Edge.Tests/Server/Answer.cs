using System.Text;
using System.Text.Json;

namespace EventCluster.Edge.Tests.Server;

/// <summary>A response as it came over the wire.</summary>
internal sealed record Answer(int Status, string HeaderBlock, byte[] Body)
{
    public string Text => Encoding.UTF8.GetString(Body);

    /// <summary>The <c>code</c> of problem details.</summary>
    public string Code => Problem.GetProperty("code").GetString()!;

    public JsonElement Problem
    {
        get
        {
            Assert.Equal("application/problem+json", this["Content-Type"]);
            var problem = JsonDocument.Parse(Body).RootElement;
            Assert.Equal(Status, problem.GetProperty("status").GetInt32());
            Assert.Equal($"urn:eventcluster:error:{problem.GetProperty("code")}", problem.GetProperty("type").GetString());
            return problem;
        }
    }

    /// <summary>A header that must be there, once.</summary>
    public string this[string name] => Find(name) ?? throw new InvalidOperationException($"No {name} in:\n{HeaderBlock}");

    /// <summary>A header that may be there, at most once.</summary>
    public string? Find(string name)
    {
        var lines = HeaderBlock.Split("\r\n").Skip(1)
            .Where(line => line.StartsWith(name + ":", StringComparison.OrdinalIgnoreCase)).ToList();
        Assert.InRange(lines.Count, 0, 1);
        return lines.Count == 0 ? null : lines[0][(name.Length + 1)..].Trim();
    }
}
