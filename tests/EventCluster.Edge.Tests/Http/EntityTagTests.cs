using EventCluster.Edge.Http;
using EventCluster.Protocol;

namespace EventCluster.Edge.Tests.Http;

public sealed class EntityTagTests
{
    [Fact]
    public void Of_AnyPartChanges_TheTagChanges()
    {
        string[] tags =
        [
            EntityTag.Of(new StreamOffset(1, 0), new StreamOffset(1, 5), upToDate: false, closed: false),
            EntityTag.Of(new StreamOffset(1, 0), new StreamOffset(1, 5), upToDate: true, closed: true),
            EntityTag.Of(new StreamOffset(1, 0), new StreamOffset(1, 5), upToDate: true, closed: false),
            EntityTag.Of(new StreamOffset(1, 1), new StreamOffset(1, 5), upToDate: false, closed: false),
            EntityTag.Of(new StreamOffset(1, 0), new StreamOffset(1, 6), upToDate: false, closed: false),
            EntityTag.Of(new StreamOffset(1, 0), new StreamOffset(2, 5), upToDate: false, closed: false),
        ];
        Assert.Equal(tags.Length, tags.Distinct().Count());
        Assert.All(tags, tag => Assert.Matches("^\"[0-9a-f]+:[0-9]+:[0-9]+:[otc]\"$", tag));
    }

    [Theory]
    [InlineData("\"1:0:5:o\"", true)]
    [InlineData("W/\"1:0:5:o\"", true)]
    [InlineData("\"x\" , \"1:0:5:o\"", true)]
    [InlineData("*", true)]
    [InlineData("\"1:0:5:c\"", false)]
    [InlineData("1:0:5:o", false)]
    [InlineData("", false)]
    [InlineData(null, false)]
    public void Matches_Lists_WeakAndStar(string? header, bool expected) =>
        Assert.Equal(expected, EntityTag.Matches(header, "\"1:0:5:o\""));
}
